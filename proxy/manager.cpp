#include "proxy/manager.hpp"

#include "convert/convert.hpp"

#include <string>
#include <system_error>
#include <tuple>
#include <vector>

namespace pickled {

manager manager::connect(std::string_view server, std::string_view authkey,
                         const client::options& limits) {
  address where;
  if (const auto error = address::parse(server, where)) {
    throw std::system_error(error, std::string(server));
  }
  return connect(where, authkey, limits);
}

manager manager::connect(const address& server, std::string_view authkey,
                         const client::options& limits) {
  auto link = server_link::to(server, authkey, limits);
  link->dispatch(make_call({}, "dummy"));
  return manager(std::move(link));
}

base_proxy manager::create_with(const buffer& request, std::string_view type_id,
                                std::string_view proxytype) const {
  const value created = link_->dispatch(request).payload;
  auto [ident, exposed] = created.get<std::tuple<std::string, std::vector<std::string>>>();
  pickled_proxy about;
  about.proxytype = proxytype;
  about.referent = {std::string(type_id), server(), std::move(ident)};
  about.exposed = std::move(exposed);
  return base_proxy(link_, std::move(about), true);
}

std::size_t manager::number_of_objects() const {
  return link_->dispatch(make_call({}, "number_of_objects")).payload.get<std::size_t>();
}

std::string manager::debug_info() const {
  return link_->dispatch(make_call({}, "debug_info")).payload.get<std::string>();
}

// The answer comes twice, as CPython's server gives it; the first is enough.
void manager::shutdown() const {
  link_->dispatch(make_call({}, "shutdown"));
}

}  // namespace pickled
