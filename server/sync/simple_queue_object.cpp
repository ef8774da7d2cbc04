// SPDX-License-Identifier: BSL-1.0

// queue.SimpleQueue: no bound, no tasks to finish, no shutdown.

#include "pickled/python/python_error.hpp"
#include "server/registry.hpp"
#include "server/sync/queue_object.hpp"
#include "server/types/opaque.hpp"

#include <memory>
#include <span>
#include <string_view>

namespace pickled::inline v0::detail {
namespace {

class simple_queue_object final : public queue_object {
 public:
  simple_queue_object() noexcept : queue_object(0) {}

  static std::span<const method_entry> table() noexcept {
    static constexpr method_entry methods[] = {
        {"empty", method<&simple_queue_object::empty>, needs::little},
        {"get", method<&simple_queue_object::get>, needs::waiting},
        {"get_nowait", method<&simple_queue_object::get_nowait>, needs::waiting},
        {"put", method<&simple_queue_object::put>, needs::memory | needs::tickets},
        {"put_nowait", method<&simple_queue_object::put_nowait>, needs::memory | needs::tickets},
        {"qsize", method<&simple_queue_object::qsize>, needs::little},
    };
    return methods;
  }

  std::span<const method_entry> methods() const noexcept override { return table(); }
  void write_value(splicer&) const override { cannot_pickle(class_name()); }

 private:
  std::string_view class_name() const noexcept override { return "_queue.SimpleQueue"; }
};

}  // namespace

// SimpleQueue().
void host_simple_queue(registry& types, iterators) {
  const auto create = [](arguments& args) {
    if (!args.keywords().empty())
      throw python_error("TypeError", "SimpleQueue() takes no keyword arguments");
    args.take_between("SimpleQueue", 0, 0);
    return std::make_shared<simple_queue_object>();
  };
  types.host<simple_queue_object>("SimpleQueue", create, "AutoProxy",
                                  {{"queue", "SimpleQueue"}, {"_queue", "SimpleQueue"}});
}

}  // namespace pickled::inline v0::detail
