#include "process/reduction.hpp"

#include "convert/convert.hpp"
#include "pickle/value/as_call.hpp"
#include "pickle/value/attribute.hpp"
#include "python/python_error.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <map>
#include <mutex>
#include <string>

namespace pickled::multiprocessing {

namespace {

constexpr global_name spawned_descriptor{"multiprocessing.popen_spawn_posix", "_DupFd"};

thread_local spawning* innermost = nullptr;

// What this process inherited and has read: one that is pickled in two places is closed once.
shared_descriptor inherit(int fd) {
  static std::mutex mutex;
  static std::map<int, std::weak_ptr<descriptor>> known;
  const std::lock_guard guard(mutex);
  std::weak_ptr<descriptor>& entry = known[fd];
  if (shared_descriptor open = entry.lock(); open != nullptr && *open) return open;
  if (::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
    throw std::system_error(last_error(), fmt::format("cannot inherit the descriptor {}", fd));
  const auto owner = std::make_shared<descriptor>(fd);
  entry = owner;
  return owner;
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
  assert_spawning("descriptor");
  innermost->inherited_.push_back(from);
  const dict_entry fd{b.str("fd"), value_view::integer(from->get())};
  return write_instance(spawned_descriptor, b.dict({&fd, 1}), b);
}

shared_descriptor read_descriptor(value_view v) {
  int fd = -1;
  from_value(item_of(state_of(v, spawned_descriptor), "fd"), fd);
  return inherit(fd);
}

value_view state_of(value_view v, const global_name& python_class) {
  const instance_node* made = as_call(v, python_class);
  if (made == nullptr)
    throw conversion_error(fmt::format("{}.{}", python_class.module, python_class.name), v);
  value_view state;
  for (const auto& change : made->changes.view())
    if (change.what == instance_node::change::what::build) state = change.first;
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
  b.change(made, {instance_node::change::what::build, state, {}});
  return made;
}

}  // namespace pickled::multiprocessing
