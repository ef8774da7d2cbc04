// SPDX-License-Identifier: BSL-1.0

#include "pickled/process/reduction.hpp"

#include "pickled/connection/token.hpp"
#include "pickled/convert/convert.hpp"
#include "pickled/python/python_error.hpp"
#include "pickled/value/as_call.hpp"
#include "pickled/value/attribute.hpp"
#include "process/resource_sharer.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <fcntl.h>
#include <map>
#include <mutex>
#include <string>
#include <sys/socket.h>
#include <utility>

PICKLED_BEGIN_NAMESPACE
namespace multiprocessing {

namespace {

constexpr global_name spawned_duplicate{"multiprocessing.popen_spawn_posix", "_DupFd"};
constexpr global_name shared_duplicate{"multiprocessing.resource_sharer", "DupFd"};
constexpr global_name rebuild_socket{"multiprocessing.reduction", "_rebuild_socket"};

thread_local spawning* innermost = nullptr;

// What was read of duplicates: one that is pickled in two places is one open file, and a ticket is
// good once.
template <class Key, class Open>
shared_descriptor read_once(const Key& key, const Open& open) {
  static std::mutex mutex;
  static std::map<Key, std::weak_ptr<descriptor>> known;
  const std::lock_guard guard(mutex);
  std::erase_if(known, [](const auto& entry) { return entry.second.expired(); });
  if (const auto found = known.find(key); found != known.end())
    if (shared_descriptor file = found->second.lock(); file != nullptr && *file) return file;
  const auto file = std::make_shared<descriptor>(open());
  known[key] = file;
  return file;
}

shared_descriptor inherit(int fd) {
  return read_once(fd, [&] {
    if (::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
      throw std::system_error(detail::last_error(),
                              fmt::format("cannot inherit the descriptor {}", fd));
    return descriptor(fd);
  });
}

shared_descriptor receive(value_view state) {
  const auto [where, key] = item_of(state, "_id").get<std::pair<value_view, std::int64_t>>();
  const auto owner = detail::read_address(where);
  if (!owner) throw conversion_error("the address of a resource_sharer", where);
  const detail::ticket from{*owner, key};
  return read_once(std::pair(owner->text(), key), [&] { return detail::redeem(from); });
}

int socket_option(const descriptor& of, int name) {
  int option = 0;
  socklen_t size = sizeof option;
  if (::getsockopt(of.get(), SOL_SOCKET, name, &option, &size) != 0)
    throw std::system_error(detail::last_error(), "cannot ask what a socket is");
  return option;
}

value_view write_ticket(const detail::ticket& from, value_builder& b) {
  const std::array id{to_value(from.owner, b), value_view::integer(from.key)};
  const dict_entry entry{b.str("_id"), b.tuple(id)};
  return write_instance(shared_duplicate, b.dict({&entry, 1}), b);
}

}  // namespace

spawning::spawning() noexcept : outer_(innermost) {
  innermost = this;
}

spawning::~spawning() {
  innermost = outer_;
}

spawning* spawning::current() noexcept {
  return innermost;
}

void assert_spawning(std::string_view type) {
  if (innermost != nullptr) return;
  throw python_error("RuntimeError", fmt::format("{} objects should only be shared between "
                                                 "processes through inheritance",
                                                 type));
}

value_view write_descriptor(const shared_descriptor& from, value_builder& b) {
  if (innermost == nullptr) return write_ticket(detail::share_descriptor(from->get()), b);
  innermost->inherited_.push_back(from);
  const dict_entry fd{b.str("fd"), value_view::integer(from->get())};
  return write_instance(spawned_duplicate, b.dict({&fd, 1}), b);
}

shared_descriptor read_descriptor(value_view v) {
  if (as_call(v, shared_duplicate) != nullptr) return receive(state_of(v, shared_duplicate));
  return inherit(item_of(state_of(v, spawned_duplicate), "fd").get<int>());
}

value_view to_value(const socket& from, value_builder& b) {
  const std::array args{write_descriptor(from.file, b), value_view::integer(from.family),
                        value_view::integer(from.type), value_view::integer(from.protocol)};
  return b.instance(instance_node::construction::reduce,
                    b.global(rebuild_socket.module, rebuild_socket.name), b.tuple(args));
}

void from_value(value_view v, socket& to) {
  const instance_node* call = as_call(v, rebuild_socket);
  if (call == nullptr || call->args.as_items().size() != 4)
    throw conversion_error("socket.socket", v);
  // Python tells the rest by the names of constants; the socket knows.
  to.file = read_descriptor(call->args.as_items()[0]);
  to.family = socket_option(*to.file, SO_DOMAIN);
  to.type = socket_option(*to.file, SO_TYPE);
  to.protocol = socket_option(*to.file, SO_PROTOCOL);
}

value_view state_of(value_view v, const global_name& python_class) {
  const instance_node* made = as_call(v, python_class);
  if (made == nullptr)
    throw conversion_error(fmt::format("{}.{}", python_class.module, python_class.name), v);
  value_view state;
  for (const auto& change : made->changes.view())
    if (change.action == instance_node::change::action::build) state = change.first;
  return state;
}

std::span<const value_view> state_items(value_view v, const global_name& python_class,
                                        std::size_t size) {
  const value_view state = state_of(v, python_class);
  if (!state.is(kind::tuple) || state.as_items().size() < size)
    throw conversion_error(fmt::format("the state of a {}", python_class.name), state);
  return state.as_items();
}

value_view write_instance(const global_name& python_class, value_view state, value_builder& b) {
  const value_view made = b.instance(instance_node::construction::newobj,
                                     b.global(python_class.module, python_class.name), b.tuple({}));
  b.change(made, {instance_node::change::action::build, state, {}});
  return made;
}

}  // namespace multiprocessing
PICKLED_END_NAMESPACE
