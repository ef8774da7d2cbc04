// SPDX-License-Identifier: BSL-1.0

// A hosted type as docs/internals.md builds it: nothing but what each has to have.

#include "pickled/python/python_error.hpp"
#include "server/registry.hpp"
#include "server/types/call.hpp"
#include "server/types/hosted.hpp"
#include "tests/server/types/client.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pickled::inline v0::detail {
namespace {

// Tally(): a sum that many add to.
class tally_object final : public hosted {
 public:
  static std::span<const method_entry> table() noexcept {
    static constexpr method_entry methods[] = {
        {"add", method<&tally_object::add>, needs::little},
        {"total", method<&tally_object::total>, needs::little},
    };
    return methods;
  }

  std::span<const method_entry> methods() const noexcept override { return table(); }
  std::string repr(std::size_t) const override {
    return fmt::format("Tally({})", step([this] { return total_; }));
  }
  void write_value(splicer& out) const override {
    out.frozen(frozen::integer(step([this] { return total_; })));
  }

 private:
  void add(call& c) {
    const auto [number] = c.args.bind("Tally.add", std::array<std::string_view, 1>{"number"}, 1);
    const auto amount = number->as_integer();
    if (!amount) throw python_error("TypeError", "a Tally adds ints of 64 bits");
    std::int64_t sum = 0;
    if (__builtin_add_overflow(total_, *amount, &sum))
      throw python_error("OverflowError", "a Tally has 64 bits");
    total_ = sum;
    changed();
  }
  void total(call& c) {
    c.args.bind("Tally.total", std::array<std::string_view, 0>(), 0);
    c.reply.frozen(frozen::integer(total_));
  }

  std::int64_t total_ = 0;
};

std::shared_ptr<hosted> make_tally(arguments& args) {
  args.bind("Tally.__init__", std::array<std::string_view, 0>(), 0);
  return std::make_shared<tally_object>();
}

void host_tally(registry& types, iterators) {
  types.host<tally_object>("Tally", make_tally, "AutoProxy", {{"tallies", "Tally"}});
}

}  // namespace
}  // namespace pickled::inline v0::detail

TEST_CASE("a type is hosted by its table alone", "[server]") {
  using namespace pickled;
  using namespace pickled::detail;
  registry types;
  host_tally(types, iterators::snapshot);
  const registered_type* type = types.find("Tally");
  REQUIRE(type != nullptr);
  CHECK(type->exposed == std::vector<std::string>{"add", "total"});
  CHECK(types.made_by({"tallies", "Tally"}) == type);

  arguments none;
  const std::shared_ptr<hosted> tally = type->create(none);
  const testing::client c(1);
  CHECK(c(tally, "add", 3) == "None");
  CHECK(c(tally, "add", 4) == "None");
  CHECK(c(tally, "total") == "7");
  CHECK(c(tally, "add", "x") == "TypeError: a Tally adds ints of 64 bits");
  CHECK(c(tally, "add") ==
        "TypeError: Tally.add() missing 1 required positional argument: 'number'");
  CHECK(tally->repr(100) == "Tally(7)");
}
