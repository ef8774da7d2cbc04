// SPDX-License-Identifier: BSL-1.0

#include "pickled/proxy/manager.hpp"

#include "pickled/convert/convert.hpp"
#include "proxy/reference.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <system_error>
#include <tuple>
#include <vector>

namespace pickled {

manager manager::connect(std::string_view server, std::string_view authkey,
                         const call_options& options) {
  address where;
  if (const auto error = address::parse(server, where)) {
    throw std::system_error(error, std::string(server));
  }
  return connect(where, authkey, options);
}

manager manager::connect(const address& server, std::string_view authkey,
                         const call_options& options) {
  auto link = server_link::to(server, authkey, options);
  link->dispatch(make_call({}, "dummy"));
  return manager(std::move(link));
}

base_proxy manager::create_with(const buffer& request, std::string_view type_id,
                                std::string_view proxytype, std::string_view telling_method) const {
  const value created = link_->dispatch(request).payload;
  auto [ident, exposed] = created.get<std::tuple<std::string, std::vector<std::string>>>();
  pickled_proxy about;
  about.proxytype = proxytype;
  about.referent = {std::string(type_id), server(), std::move(ident)};
  const bool tells = telling_method.empty() || std::ranges::count(exposed, telling_method) != 0;
  about.exposed = std::move(exposed);
  base_proxy made(link_, std::move(about), true);
  if (!tells)
    throw conversion_error(fmt::format("an object with the method {}", telling_method),
                           fmt::format("one of the type {}", type_id));
  return made;
}

std::size_t manager::number_of_objects() const {
  flush_references();
  return link_->dispatch(make_call({}, "number_of_objects")).payload.get<std::size_t>();
}

std::string manager::debug_info() const {
  flush_references();
  return link_->dispatch(make_call({}, "debug_info")).payload.get<std::string>();
}

// The answer comes twice, as CPython's server gives it; the first is enough.
void manager::shutdown() const {
  flush_references();
  link_->dispatch(make_call({}, "shutdown"));
}

}  // namespace pickled
