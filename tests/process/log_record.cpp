// SPDX-License-Identifier: BSL-1.0

#include "pickled/process/log_record.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace pickled;
using multiprocessing::log_record;

TEST_CASE("a record is read as it is written", "[process]") {
  log_record record;
  record.name = "some.logger";
  record.message = "hello";
  record.levelno = 30;
  record.levelname = "WARNING";
  record.pathname = "/srv/app/main.cpp";
  record.lineno = 7;
  record.created = 1000.25;
  record.process = 5;
  const auto read = loads<log_record>(dumps(record).view());
  CHECK(read.name == "some.logger");
  CHECK(read.message == "hello");
  CHECK(read.levelno == 30);
  CHECK(read.pathname == "/srv/app/main.cpp");
  CHECK(read.lineno == 7);
  CHECK(read.created == 1000.25);
  CHECK(read.process == 5);
}

TEST_CASE("a record that was not prepared has its format", "[process]") {
  // LogRecord with {'msg': 'a %d', 'processName': None}
  const std::string pickle = "clogging\nLogRecord\n)\x81}(Vmsg\nVa %d\nVprocessName\nNub.";
  const auto read = loads<log_record>(as_bytes(pickle));
  CHECK(read.message == "a %d");
  CHECK(read.name == "root");
  CHECK_THROWS_AS(loads<log_record>(as_bytes("I1\n.")), conversion_error);
}
