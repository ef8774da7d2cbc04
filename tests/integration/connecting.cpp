// SPDX-License-Identifier: BSL-1.0

#include "pickled/connection/connection_errc.hpp"
#include "pickled/proxy/connection_error.hpp"
#include "pickled/proxy/remote_error.hpp"
#include "tests/integration/live_server.hpp"

#include <system_error>
#include <thread>

using namespace pickled;
using namespace pickled::detail;

namespace {

std::error_code error_of_connecting(std::string_view server, std::string_view authkey) {
  try {
    manager::connect(server, authkey);
    return {};
  } catch (const std::system_error& error) {
    return error.code();
  }
}

}  // namespace

TEST_CASE("a wrong key, address or place is told", "[manager]") {
  CHECK(error_of_connecting(environment("PICKLED_SERVER"), "wrong") ==
        connection_errc::digest_sent_rejected);
  CHECK_THROWS_MATCHES(manager::connect(environment("PICKLED_SERVER"), "wrong"),
                       authentication_error,
                       says("cannot connect to " + environment("PICKLED_SERVER") +
                            " with this authkey: digest sent was rejected"));
  CHECK(error_of_connecting("nowhere", "key") == connection_errc::bad_address);
  CHECK(error_of_connecting("unix:/nonexistent/socket", "key") ==
        std::errc::no_such_file_or_directory);
}

TEST_CASE("a typeid that is not registered is refused", "[manager]") {
  CHECK(code_of([] { connect().create("NoSuchType"); }) == proxy_errc::no_such_type);
}

TEST_CASE("proxies count as references, their copies do not", "[manager]") {
  const auto m = connect();
  const auto before = m.number_of_objects();
  {
    const auto d = m.dict();
    const auto copy = d;
    CHECK(m.number_of_objects() == before + 1);
    const auto attached = m.attach<dict_proxy<>>("dict", d.ident());
    CHECK(attached == d);
    CHECK(m.number_of_objects() == before + 1);
    CHECK(m.debug_info().find(d.ident()) != std::string::npos);
    CHECK(m.debug_info().find("refcount=2") != std::string::npos);
  }
  CHECK(m.number_of_objects() == before);
}

TEST_CASE("an object lives as long as the last proxy of it", "[manager]") {
  const auto m = connect();
  base_proxy kept;
  CHECK_FALSE(kept);
  {
    const auto d = m.dict();
    d["k"] = 1;
    kept = d;
  }
  CHECK(dict_proxy(kept).get<int>("k") == 1);
}

TEST_CASE("an ident that names nothing cannot be attached to", "[manager]") {
  CHECK(code_of([] { connect().attach("dict", "123456789"); }) == proxy_errc::no_such_object);
}

TEST_CASE("each thread calls on a connection of its own", "[manager]") {
  const auto l = connect().list();
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&l, i] {
      for (int n = 0; n < 50; ++n)
        l.push_back(i);
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  for (int i = 0; i < 8; ++i)
    CHECK(l.count(i) == 50);
}

TEST_CASE("a second manager of one server knows the objects of the first", "[manager]") {
  const auto d = connect().dict();
  const auto other = connect().attach<dict_proxy<>>("dict", d.ident());
  d["k"] = 5;
  CHECK(other.get<int>("k") == 5);
  CHECK(other == d);
}
