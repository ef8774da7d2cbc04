// SPDX-License-Identifier: BSL-1.0

#include "server/sync/holder_death.hpp"

#include <catch2/catch.hpp>

using namespace pickled;
using namespace pickled::detail;

namespace {

constexpr departure departures[] = {departure::session_ended, departure::process_left,
                                    departure::process_crashed, departure::process_ended};
constexpr settlement none = settlement::deferred;
constexpr settlement kept = settlement::kept;
constexpr settlement freed = settlement::released;
constexpr settlement bad = settlement::poisoned;

constexpr owner one{1, {100, 7}};
constexpr owner one_again{2, {100, 7}};  // another session of the same process
constexpr owner other{3, {200, 7}};
constexpr owner unknown{4, {}};
constexpr owner unknown_too{5, {}};

}  // namespace

TEST_CASE("the policy decides by what was held and how its holder went", "[server]") {
  struct {
    holder_death policy;
    holding what;
    settlement expected[4];  // session ended; process left, crashed, ended
  } const rows[] = {
      {holder_death::by_default, holding::by_session, {freed, freed, freed, freed}},
      {holder_death::by_default, holding::lock, {none, kept, freed, freed}},
      {holder_death::by_default, holding::permit, {none, kept, freed, kept}},
      {holder_death::keep, holding::by_session, {kept, kept, kept, kept}},
      {holder_death::keep, holding::lock, {none, kept, kept, kept}},
      {holder_death::keep, holding::permit, {none, kept, kept, kept}},
      {holder_death::release, holding::by_session, {freed, freed, freed, freed}},
      {holder_death::release, holding::lock, {none, freed, freed, freed}},
      {holder_death::release, holding::permit, {none, freed, freed, freed}},
      {holder_death::poison, holding::by_session, {bad, bad, bad, bad}},
      {holder_death::poison, holding::lock, {none, bad, bad, bad}},
      {holder_death::poison, holding::permit, {none, bad, bad, bad}},
  };
  for (const auto& row : rows)
    for (int i = 0; i < 4; ++i)
      CHECK(judge(row.policy, row.what, true, departures[i]) == row.expected[i]);
}

TEST_CASE("of an unknown process the end of a session is all there is", "[server]") {
  for (const holding what : {holding::lock, holding::permit}) {
    CHECK(judge(holder_death::by_default, what, false, departure::session_ended) == kept);
    CHECK(judge(holder_death::keep, what, false, departure::session_ended) == kept);
    CHECK(judge(holder_death::release, what, false, departure::session_ended) == freed);
    CHECK(judge(holder_death::poison, what, false, departure::session_ended) == bad);
  }
  CHECK(judge(holder_death::by_default, holding::by_session, false, departure::session_ended) ==
        freed);
}

TEST_CASE("bookings are found by session", "[server]") {
  bookings booked;
  booked.add(one);
  booked.add(one);
  booked.add(one_again);
  booked.add(other);
  CHECK(booked.held_by(one) == 2);
  CHECK(booked.held_by(one_again) == 1);
  CHECK(booked.held_by(other) == 1);
  booked.forget(one);
  CHECK(booked.held_by(one) == 0);
  CHECK(booked.held_by(one_again) == 1);
  CHECK(booked.held_by(other) == 1);
}

TEST_CASE("a release takes the releaser's own booking, or one of its process", "[server]") {
  bookings booked;
  booked.add(one);
  booked.add(other);
  booked.release(one, 1);
  CHECK(booked.held_by(one) == 0);
  booked.add(one);
  booked.release(one_again, 1);
  CHECK(booked.held_by(one) == 0);
  CHECK(booked.held_by(other) == 1);
}

TEST_CASE("what others release is handed on, and never booked again", "[server]") {
  const auto check_handed_on = [](const owner& holder, const owner& releaser) {
    bookings booked;
    booked.add(holder);
    booked.release(releaser, 1);
    booked.add(holder);
    CHECK(booked.held_by(holder) == 0);
  };
  check_handed_on(one, other);
  check_handed_on(unknown, unknown_too);  // may be one process, but nothing tells so

  bookings booked;
  booked.release(one, 1);
  booked.add(other);
  CHECK(booked.held_by(other) == 0);
}

TEST_CASE("a release of more than one's own is handed on as well", "[server]") {
  bookings booked;
  booked.add(one);
  booked.release(one, 2);
  booked.add(one);
  CHECK(booked.held_by(one) == 0);
}

TEST_CASE("an acquisition that is given back was none", "[server]") {
  bookings booked;
  booked.add(one);
  booked.take_back(one);
  booked.take_back(other);
  CHECK(booked.held_by(one) == 0);
  booked.add(one);
  CHECK(booked.held_by(one) == 1);
}
