// SPDX-License-Identifier: BSL-1.0

// A program that serves classes, with a client of it.

#ifndef PICKLED_TESTS_SERVER_CLASSES_SERVED_PROGRAM_HPP
#define PICKLED_TESTS_SERVER_CLASSES_SERVED_PROGRAM_HPP

#include "pickled/proxy/manager.hpp"
#include "pickled/server/manager_server.hpp"

#include <exception>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace pickled::inline v0::detail {

constexpr std::string_view served_authkey = "a key for tests";

class served_program {
 public:
  explicit served_program(type_registry types, manager_server_options options = {})
      : served_(with_key(std::move(options)), std::move(types)),
        thread_([this] { served_.run(); }),
        clients_(manager::connect(served_.address(), served_authkey)) {}
  ~served_program() {
    served_.stop();
    thread_.join();
  }
  served_program(const served_program&) = delete;
  served_program& operator=(const served_program&) = delete;

  manager_server& operator*() noexcept { return served_; }
  const manager& clients() const noexcept { return clients_; }
  manager other_client() const { return manager::connect(served_.address(), served_authkey); }

 private:
  static manager_server_options with_key(manager_server_options options) {
    options.authkey = served_authkey;
    return options;
  }

  manager_server served_;
  std::thread thread_;
  manager clients_;
};

// What a call throws, which is an exception of Python's.
template <class Call>
std::string error_of(Call call) {
  try {
    call();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_TESTS_SERVER_CLASSES_SERVED_PROGRAM_HPP
