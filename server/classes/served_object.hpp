// SPDX-License-Identifier: BSL-1.0

// An object of a program's own class as the server hosts it. The object is shared with the program,
// and never touched under the mutex of the hosted object, nor by an I/O thread, but for methods
// that are said to be brief: whatever calls it runs in its turn (hosted::turn_of), which is that of
// the object itself, however often it was handed out.

#ifndef PICKLED_SERVER_CLASSES_SERVED_OBJECT_HPP
#define PICKLED_SERVER_CLASSES_SERVED_OBJECT_HPP

#include "server/classes/served_coroutine.hpp"
#include "server/classes/served_types.hpp"
#include "server/sync/waiter.hpp"
#include "server/types/call.hpp"
#include "server/types/hosted.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace pickled::inline v0::detail {

class served_object final : public hosted {
 public:
  // `type` is one of `types`.
  served_object(std::shared_ptr<const served_types> types, const served_type& type,
                std::shared_ptr<void> object, std::shared_ptr<served_weight> weight) noexcept;

  // What stands in the tables of all classes.
  static void call_method(hosted& self, call& c);

  const std::shared_ptr<void>& object() const noexcept { return object_; }
  std::type_index type() const noexcept { return type_.definition.type; }

  std::span<const method_entry> methods() const noexcept override { return type_.entries; }
  bool runs_program() const noexcept override { return true; }
  const void* turn_of(const method_entry* method) const noexcept override;
  // To start a coroutine takes no longer than a method that is brief.
  bool is_brief(const method_entry& method) const noexcept override {
    const served_function& f = type_.function_of(method);
    return f.brief || f.coroutine;
  }
  // As Python shows objects of classes without a __repr__. Runs no code of the program.
  std::string repr(std::size_t limit) const override;
  void write_value(splicer& out) const override;
  std::size_t weight() const noexcept override { return weight_->bytes(); }

 private:
  void weigh() const noexcept;
  served_result run(const served_function& method, call& c, value_builder& b) const;
  wait_result result_of(const served_function& method, const served_result& made) const;
  void start(const served_function& method, call& c);
  void finish(coroutine_waiter& w, wait_result result);
  void on_withdraw(waiter& w, decided_waiters& decided) override;

  const std::shared_ptr<const served_types> types_;
  const served_type& type_;
  const std::shared_ptr<void> object_;
  const std::shared_ptr<served_weight> weight_;
  wait_queue waiters_;  // for coroutines
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_CLASSES_SERVED_OBJECT_HPP
