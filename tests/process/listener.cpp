// SPDX-License-Identifier: BSL-1.0

#include "pickled/process/listener.hpp"

#include "connection/temporary_directory.hpp"
#include "pickled/connection/connection_errc.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <string>
#include <thread>

using namespace pickled;
using namespace pickled::detail;
using namespace pickled::multiprocessing;
using namespace std::chrono_literals;

namespace {

template <class Call>
std::error_code error_of(const Call& call) {
  try {
    call();
  } catch (const std::system_error& error) {
    return error.code();
  }
  return {};
}

}  // namespace

TEST_CASE("a client meets a listener", "[process]") {
  const temporary_directory directory;
  const std::string path = directory.path() + "/socket";
  for (const std::string& where : {"unix:" + path, std::string("127.0.0.1:0")}) {
    const multiprocessing::listener at(where, "key");
    std::thread other([&] { client(at.local(), "key").send(5); });
    CHECK(at.accept().recv<int>() == 5);
    other.join();
  }
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("who does not know the key is refused, and the next comes", "[process]") {
  const multiprocessing::listener at("127.0.0.1:0", "key");
  std::error_code refused;
  std::thread other([&] {
    refused = error_of([&] { client(at.local(), "wrong"); });
    client(at.local(), "key").send(5);
  });
  CHECK(error_of([&] { at.accept(); }) == connection_errc::digest_received_wrong);
  CHECK(at.accept().recv<int>() == 5);
  other.join();
  CHECK(refused == connection_errc::digest_sent_rejected);
}

TEST_CASE("accept may be limited and ended", "[process]") {
  const multiprocessing::listener at("127.0.0.1:0");
  CHECK(error_of([&] { at.accept(deadline_after(1ms)); }) == std::errc::timed_out);
  std::thread other([&] { at.close(); });
  CHECK(error_of([&] { at.accept(); }) == std::errc::operation_canceled);
  other.join();
}

TEST_CASE("an address that cannot be had is an error", "[process]") {
  CHECK_THROWS_WITH(multiprocessing::listener("unix:/nowhere/socket"),
                    Catch::Contains("cannot listen at unix:/nowhere/socket"));
  CHECK_THROWS_WITH(client("unix:/nowhere/socket"),
                    Catch::Contains("cannot connect to unix:/nowhere/socket"));
  CHECK_THROWS_WITH(client("nonsense"), Catch::Contains("cannot use the address nonsense"));
}
