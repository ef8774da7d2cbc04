// SPDX-License-Identifier: BSL-1.0

#include "connection/exception.hpp"

#include "frozen/freezer.hpp"
#include "pickled/convert/core.hpp"
#include "pickled/python/repr.hpp"

#include <cstddef>
#include <string>

namespace pickled::inline v0::detail {
namespace {

constexpr global_name rebuild_exc{"multiprocessing.pool", "rebuild_exc"};
constexpr std::size_t longest_text = 1000;

// str() of an exception: of one argument str(), but repr() for a KeyError; of several the repr() of
// all (OSError's own text aside).
std::string text_of(const exception_view& exception) {
  const auto args = exception.args.as_items();
  if (args.empty()) return {};
  if (args.size() == 1) {
    const bool plain = args[0].is(kind::str) && exception.type.name != "KeyError";
    return plain ? std::string(args[0].as_str()) : repr(args[0], longest_text);
  }
  return repr(exception.args, longest_text);
}

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
  return python_error(exception.type.module, exception.type.name, args, text_of(exception));
}

}  // namespace pickled::inline v0::detail
