// SPDX-License-Identifier: BSL-1.0

#include "server/python/value_verifier.hpp"

#include "frozen/thaw.hpp"
#include "pickled/frozen/splicer.hpp"
#include "pickled/python/python_error.hpp"
#include "server/python/value_shapes.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace pickled::inline v0::detail {
namespace {

// When so many are known, all are forgotten, and loaded again as they come.
constexpr std::size_t most_shapes = 10'000;

// A proxy of what is hosted here has no bytes.
bool is_to_be_built(const frozen& argument) noexcept {
  return argument.about().opaque_equality && argument.kind() != kind::proxy;
}

}  // namespace

value_verifier::value_verifier(std::string interpreter, std::chrono::milliseconds limit)
    : limit_(limit), loader_(std::move(interpreter)) {
  const std::string error = load(frozen::none());
  if (!error.empty()) throw value_loader::failure(error);
}

bool value_verifier::concerns(std::span<const frozen> positional,
                              std::span<const arguments::keyword> keywords) noexcept {
  return std::ranges::any_of(positional, is_to_be_built) ||
         std::ranges::any_of(keywords,
                             [](const auto& keyword) { return is_to_be_built(keyword.second); });
}

void value_verifier::verify(const arguments& args) {
  for (const frozen& argument : args.positional())
    if (is_to_be_built(argument)) verify(argument);
  for (const auto& keyword : args.keywords())
    if (is_to_be_built(keyword.second)) verify(keyword.second);
}

void value_verifier::verify(const frozen& argument) {
  std::unordered_set<std::string> shapes = new_shapes(argument);
  if (shapes.empty()) return;
  std::string error;
  try {
    error = load(argument);
  } catch (const value_loader::failure& failure) {
    spdlog::warn("a value is not verified: {}", failure.what());
    throw python_error("RuntimeError",
                       std::string_view(fmt::format("not stored: {}", failure.what())));
  }
  if (!error.empty()) {
    const std::string_view whole(error);
    const std::size_t end = std::min(whole.find('\n'), whole.size());
    throw python_error(whole.substr(0, end), whole.substr(std::min(end + 1, whole.size())));
  }
  const std::lock_guard lock(mutex_);
  if (good_.size() + shapes.size() > most_shapes) good_.clear();
  good_.merge(shapes);
}

std::unordered_set<std::string> value_verifier::new_shapes(const frozen& argument) {
  std::unordered_set<std::string> shapes = value_shapes(value_argument(thaw(argument)));
  const std::lock_guard lock(mutex_);
  std::erase_if(shapes, [&](const std::string& shape) { return good_.contains(shape); });
  return shapes;
}

// None stands where a proxy is.
std::string value_verifier::load(const frozen& argument) {
  const splicer::write_proxy nothing = [](const proxy_reference&, splicer& out) { out.none(); };
  splicer out(&nothing);
  out.frozen(argument);
  const spliced pickle = std::move(out).finish();
  // By the clock that GCC's thread sanitizer knows.
  const std::unique_lock lock(loading_, std::chrono::system_clock::now() + limit_);
  if (!lock) throw value_loader::failure("other values take too long to be loaded");
  return loader_.load(pickle, limit_);
}

}  // namespace pickled::inline v0::detail
