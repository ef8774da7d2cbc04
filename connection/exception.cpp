// SPDX-License-Identifier: BSL-1.0

#include "connection/exception.hpp"

#include "frozen/freezer.hpp"
#include "pickled/convert/core.hpp"
#include "python/exception_text.hpp"

namespace pickled::inline v0::detail {
namespace {

constexpr global_name rebuild_exc{"multiprocessing.pool", "rebuild_exc"};
}  // namespace

void write_exception(const python_error& error, splicer& out,
                     std::optional<std::string_view> traceback) {
  if (traceback) out.global(rebuild_exc.module, rebuild_exc.name).begin_tuple();
  out.global(error.module(), error.type()).frozen(freeze(error.args())).reduce();
  if (traceback) out.str(*traceback).end_tuple().reduce();
}

std::optional<exception_view> read_exception(value_view v) {
  exception_view result{};
  for (;;) {
    if (!v.is(kind::instance)) return std::nullopt;
    const instance_node& node = v.as_instance();
    if (!node.callable.is(kind::global) || !node.args.is(kind::tuple)) return std::nullopt;
    result.type = node.callable.as_global();
    result.args = node.args;
    for (const auto& change : node.changes.view())
      if (change.action == instance_node::change::action::build) result.state = change.first;
    if (result.type != rebuild_exc) return result;
    // One wrapping is all there is: a second one, or a cycle of them, is no exception.
    const auto wrapped = node.args.as_items();
    if (!result.traceback.empty() || wrapped.size() != 2 || !wrapped[1].is(kind::str) ||
        wrapped[1].as_str().empty())
      return std::nullopt;
    result.traceback = wrapped[1].as_str();
    v = wrapped[0];
  }
}

python_error to_python_error(const exception_view& exception) {
  value args;
  from_value(exception.args, args);
  return python_error(exception.type.module, exception.type.name, args,
                      exception_text(exception.type.name, exception.args));
}

}  // namespace pickled::inline v0::detail
