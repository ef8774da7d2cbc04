// SPDX-License-Identifier: BSL-1.0

#include "pickled/proxy/manager.hpp"

#include "pickled/convert/convert.hpp"
#include "pickled/proxy/connection_error.hpp"
#include "pickled/python/repr.hpp"
#include "proxy/reference.hpp"
#include "proxy/require_method.hpp"
#include "proxy/server_process.hpp"

#include <string>
#include <tuple>
#include <vector>

PICKLED_BEGIN_NAMESPACE

manager manager::connect(std::string_view server, std::string_view authkey,
                         const call_options& options) {
  address where;
  if (const auto error = address::parse(server, where)) {
    throw connection_error(error, std::string(server));
  }
  return connect(where, authkey, options);
}

manager manager::connect(const address& server, std::string_view authkey,
                         const call_options& options) {
  auto link = server_link::to(server, authkey, options);
  link->greet();
  return manager(std::move(link));
}

manager manager::start(const start_options& options) {
  const std::string authkey = options.authkey ? *options.authkey : authkey_of_process();
  auto process = std::make_shared<const detail::server_process>(options, authkey);
  manager started = connect(process->where(), authkey, options.calls);
  started.process_ = std::move(process);
  return started;
}

base_proxy manager::create_with(buffer request, std::string_view type_id,
                                std::string_view proxytype, std::string_view telling_method,
                                bool named) const {
  const value created = ask_for(type_id, request);
  auto [ident, exposed] = created.get<std::tuple<std::string, std::vector<std::string>>>();
  detail::pickled_proxy about;
  about.proxytype = proxytype;
  about.referent = {std::string(type_id), server(), std::move(ident)};
  about.exposed = exposed;
  base_proxy made(link_, std::move(about), true, named ? std::move(request) : buffer());
  detail::require_method(exposed, telling_method, type_id);
  return made;
}

// A typeid that is not registered is a KeyError in the server, as an object that is not there; so
// may be what a factory raises.
value manager::ask_for(std::string_view type_id, const buffer& request) const {
  try {
    return link_->call_function(request, link_->limits());
  } catch (const remote_error& error) {
    const std::string_view text = error.what();
    const bool unknown = text.find("KeyError: " + repr(type_id)) != std::string_view::npos;
    throw remote_error(error.what(), unknown ? proxy_errc::no_such_type : proxy_errc::refused);
  }
}

std::size_t manager::number_of_objects() const {
  detail::flush_references();
  return link_->call_function(detail::make_call({}, "number_of_objects"), link_->limits())
      .get<std::size_t>();
}

std::string manager::debug_info() const {
  detail::flush_references();
  return link_->call_function(detail::make_call({}, "debug_info"), link_->limits())
      .get<std::string>();
}

// The answer comes twice, as CPython's server gives it; the first is enough.
void manager::shutdown() const {
  detail::flush_references();
  link_->dispatch(detail::make_call({}, "shutdown"), link_->limits());
}

PICKLED_END_NAMESPACE
