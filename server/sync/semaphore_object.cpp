// SPDX-License-Identifier: BSL-1.0

#include "server/sync/semaphore_object.hpp"

#include "pickled/python/python_error.hpp"
#include "server/python/truth.hpp"
#include "server/registry.hpp"
#include "server/sync/wait_arguments.hpp"
#include "server/types/opaque.hpp"

#include <fmt/format.h>

#include <limits>
namespace pickled::inline v0::detail {
namespace {

constexpr method_entry semaphore_methods[] = {
    {"acquire", method<&semaphore_object::acquire>, needs::waiting},
    {"release", method<&semaphore_object::release>, needs::little},
    {"locked", method<&semaphore_object::locked>, needs::little},
};

std::shared_ptr<hosted> create_semaphore(arguments& args, std::string_view init, bool bounded) {
  const auto [given] = args.bind<1>(init, {"value"}, 0);
  const std::int64_t value = given == nullptr ? 1 : count_argument(*given);
  if (value < 0) throw python_error("ValueError", "semaphore initial value must be >= 0");
  return std::make_shared<semaphore_object>(value, bounded);
}

}  // namespace

std::shared_ptr<hosted> semaphore_object::create(arguments& args) {
  return create_semaphore(args, "Semaphore.__init__", false);
}

std::shared_ptr<hosted> semaphore_object::create_bounded(arguments& args) {
  return create_semaphore(args, "BoundedSemaphore.__init__", true);
}

std::span<const method_entry> semaphore_object::table() noexcept {
  return semaphore_methods;
}

void semaphore_object::acquire(call& c) {
  // BoundedSemaphore inherits it, and its texts.
  const auto [block, timeout] = c.args.bind<2>("Semaphore.acquire", {"blocking", "timeout"}, 0);
  const bool blocking = block == nullptr || truth(*block);
  if (!blocking && timeout != nullptr && !timeout->is_none())
    throw python_error("ValueError", "can't specify timeout for non-blocking acquire");
  if (!take_now(c)) wait_or_fail(c, blocking, endtime_timeout(timeout));
}

void semaphore_object::release(call& c) {
  const auto [n] = c.args.bind<1>(fmt::format("{}.release", name()), {"n"}, 0);
  const std::int64_t count = n == nullptr ? 1 : count_argument(*n);
  if (count < 1) throw python_error("ValueError", "n must be one or more");
  release_permits(c.who, count);
  serve(c.decided());
}

void semaphore_object::locked(call& c) {
  c.args.bind<0>("Semaphore.locked", {}, 0);
  c.reply.boolean(value() == 0);
}

std::string semaphore_object::text() const {
  const std::string bound = bounded_ ? fmt::format("/{}", initial()) : "";
  return fmt::format("<threading.{} at {}: value={}{}>", name(), address_text(this), value(),
                     bound);
}

void semaphore_object::put_back(const waiter& w) noexcept {
  if (w.ticket == 0) return;
  undo_take(w.who(), bounded_ ? initial() : std::numeric_limits<std::int64_t>::max());
}

void semaphore_object::check_release(std::int64_t count) const {
  if (bounded_ && value() + count > initial())
    throw python_error("ValueError", "Semaphore released too many times");
}

void host_semaphore(registry& types, iterators) {
  types.host<semaphore_object>("Semaphore", semaphore_object::create, "AcquirerProxy",
                               {{"threading", "Semaphore"}});
  types.host<semaphore_object>("BoundedSemaphore", semaphore_object::create_bounded,
                               "AcquirerProxy", {{"threading", "BoundedSemaphore"}});
}

}  // namespace pickled::inline v0::detail
