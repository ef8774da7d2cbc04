// What a server is told at its start.

#ifndef PICKLED_SERVER_SERVER_OPTIONS_HPP
#define PICKLED_SERVER_SERVER_OPTIONS_HPP

#include "connection/address.hpp"
#include "server/object_table.hpp"
#include "server/types/owner.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace pickled {

class segments;

struct server_options {
  std::vector<address> addresses = {address()};
  std::vector<std::string> authkeys;  // any of them is good; the first is for proxies to use
  unsigned threads = 1;
  std::uint64_t max_message = std::uint64_t{1} << 30;  // bytes
  std::chrono::milliseconds handshake_timeout = std::chrono::seconds(20);
  holder_death on_holder_death = holder_death::by_default;  // of objects that name none
  object_table::grace grace{std::chrono::seconds(10)};
  // With it, the server has the functions of a SharedMemoryManager's. It must outlive the server.
  segments* shared_memory = nullptr;
};

}  // namespace pickled

#endif  // PICKLED_SERVER_SERVER_OPTIONS_HPP
