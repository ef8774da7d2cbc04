// SPDX-License-Identifier: BSL-1.0

#include "pickled/convert/describe.hpp"

#include "pickled/convert/convert.hpp"
#include "tests/convert/recorded.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

using namespace pickled;
using namespace pickled::detail;
using Catch::Message;

namespace shapes {

struct point {
  int x = 0;
  double y = 0;
  friend bool operator==(const point&, const point&) = default;
};
PICKLED_DESCRIBE(point, "shapes", "Point", x, y)

struct slotted : point {};
inline constexpr auto pickled_describe(const slotted*) {
  return describe_class({"shapes", "Slotted"}, object_form::slots, describe_member("x", &point::x),
                        describe_member("y", &point::y));
}

struct fields {
  int x = 0;
  double y = 0;
};
PICKLED_DESCRIBE_AS(fields, fields, "shapes", "Fields", x, y)

struct pair {
  int x = 0;
  double y = 0;
};
PICKLED_DESCRIBE_AS(call, pair, "shapes", "Pair", x, y)

struct reduced {
  int x = 0;
  double y = 0;
};
PICKLED_DESCRIBE_AS(call, reduced, "shapes", "Reduced", x, y)

struct inner : point {};
PICKLED_DESCRIBE(inner, "shapes", "Outer.Inner", x, y)

struct keyword : point {};
PICKLED_DESCRIBE(keyword, "shapes", "Keyword", x, y)

class hidden {
 public:
  explicit hidden(int n = 0) : n_(n) {}
  int n() const { return n_; }

 private:
  int n_;
  std::optional<std::string> note_;
  friend PICKLED_DESCRIBE(hidden, "shapes", "Hidden", n_, note_)
};

struct nothing {};
PICKLED_DESCRIBE(nothing, "shapes", "Nothing")

struct drawing {
  std::vector<point> points;
};
PICKLED_DESCRIBE(drawing, "shapes", "Drawing", points)

}  // namespace shapes

namespace {

template <class T>
void is_read(const char* name) {
  for (const value& v : recorded(name)) {
    INFO(name);
    const T read = v.get<T>();
    CHECK(read.x == 1);
    CHECK(read.y == 2.5);
    CHECK(to_value(read).template get<T>().y == 2.5);
  }
}

}  // namespace

TEST_CASE("a struct is read from every form of a Python class", "[pickle]") {
  is_read<shapes::point>("point");
  is_read<shapes::slotted>("slotted");
  is_read<shapes::fields>("frozen_fields");
  is_read<shapes::pair>("named_tuple");
  is_read<shapes::reduced>("reduced");
  is_read<shapes::inner>("nested");
  is_read<shapes::keyword>("keyword");
}

namespace {

template <class T>
void survives_every_protocol() {
  for (int protocol = 0; protocol <= 5; ++protocol) {
    INFO(protocol);
    dump_options options;
    options.protocol = protocol;
    T original;
    original.x = 1;
    original.y = 2.5;
    const T read = loads<T>(dumps(original, options));
    CHECK(read.x == 1);
    CHECK(read.y == 2.5);
  }
}

}  // namespace

TEST_CASE("a struct is read as it was written at every protocol", "[pickle]") {
  survives_every_protocol<shapes::point>();
  survives_every_protocol<shapes::slotted>();
  survives_every_protocol<shapes::fields>();
  survives_every_protocol<shapes::pair>();
  survives_every_protocol<shapes::inner>();
}

TEST_CASE("a named tuple is not taken for a state", "[pickle]") {
  // copyreg._reconstructor(shapes.Pair, tuple, (None, {'a': 1})), which looks like a state of
  // slots.
  const value v = loads(std::string_view(
      "ccopy_reg\n_reconstructor\n(cshapes\nPair\nc__builtin__\ntuple\n(N(dVa\nI1\nsttR."));
  const object_state state(v, {"shapes", "Pair"});
  REQUIRE(state.find("x", 0) != nullptr);
  CHECK(state.find("x", 0)->is_none());
  REQUIRE(state.find("y", 1) != nullptr);
  CHECK(state.find("y", 1)->get<std::map<std::string, int>>().at("a") == 1);
}

TEST_CASE("a struct is written in the form of its description", "[pickle]") {
  const value v = to_value(shapes::point{1, 2.5});
  const instance_node& object = v->as_instance();
  CHECK(object.how == instance_node::construction::newobj);
  CHECK(object.callable.as_global() == global_name{"shapes", "Point"});
  CHECK(object.changes.view()[0].first.get<std::map<std::string, double>>() ==
        std::map<std::string, double>{{"x", 1}, {"y", 2.5}});
  const value call = to_value(shapes::pair{1, 2.5});
  CHECK(call->as_instance().how == instance_node::construction::reduce);
  CHECK(call->as_instance().args.get<std::pair<int, double>>() == std::pair(1, 2.5));
}

TEST_CASE("private members are described by a friend", "[pickle]") {
  CHECK(to_value(shapes::hidden(7)).get<shapes::hidden>().n() == 7);
}

TEST_CASE("an instance of another class is refused by name", "[pickle]") {
  CHECK_THROWS_MATCHES(to_value(shapes::pair()).get<shapes::point>(), conversion_error,
                       Message("$: expected shapes.Point, got shapes.Pair"));
  CHECK_THROWS_MATCHES(to_value(5).get<shapes::point>(), conversion_error,
                       Message("$: expected shapes.Point, got int"));
}

TEST_CASE("attributes that are missing or wrong are named", "[pickle]") {
  auto owner = std::make_shared<arena>();
  value_builder b(*owner);
  const auto make = [&](std::string_view name, auto state) {
    const value_view object =
        b.instance(instance_node::construction::newobj, b.global("shapes", name), b.tuple({}));
    b.change(object, {instance_node::change::action::build, to_value(state, b), {}});
    return object;
  };
  const value_view partial = make("Point", std::map<std::string, int>{{"x", 1}, {"z", 2}});
  CHECK_THROWS_MATCHES(partial.get<shapes::point>(), conversion_error,
                       Message("$: expected attribute 'y', got shapes.Point without it"));
  CHECK(make("Hidden", std::map<std::string, int>{{"n_", 4}}).get<shapes::hidden>().n() == 4);
  const value_view wrong =
      make("Drawing", std::map<std::string, std::vector<int>>{{"points", {1}}});
  CHECK_THROWS_MATCHES(wrong.get<shapes::drawing>(), conversion_error,
                       Message("$.points[0]: expected shapes.Point, got int"));
}

TEST_CASE("a class may have no attributes", "[pickle]") {
  CHECK_NOTHROW(to_value(shapes::nothing()).get<shapes::nothing>());
}
