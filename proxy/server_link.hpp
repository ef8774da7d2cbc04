// What this process knows of one server: its address and key, and one connection of every thread
// that has called a method. A server takes a connection for an owner (of an RLock, of a
// Condition), so each thread keeps its own, as in CPython.
//
// A connection that failed is dropped, and the next call makes a new one. After a fork the child
// leaves its parent's connections alone and makes its own.

#ifndef PICKLED_PROXY_SERVER_LINK_HPP
#define PICKLED_PROXY_SERVER_LINK_HPP

#include "connection/address.hpp"
#include "connection/client.hpp"
#include "pickle/value/buffer.hpp"
#include "proxy/answer.hpp"

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace pickled {

class thread_connection;

// Thread-safe. Functions that ask the server throw std::system_error where the connection failed.
class server_link {
 public:
  // Links are shared: the one to this address with this key, made where there is none.
  static std::shared_ptr<server_link> to(const address& where, std::string_view authkey,
                                         const client::options& limits = {});
  // The link that a proxy of `where` met inside a value goes by: an existing one, however the
  // address is spelled there, or one with the key that set_authkey was given; or nullptr.
  static std::shared_ptr<server_link> find(const address& where);

  server_link(address where, std::string authkey, const client::options& limits);
  ~server_link();
  server_link(const server_link&) = delete;
  server_link& operator=(const server_link&) = delete;

  const address& where() const noexcept { return where_; }

  // Sends a request on a connection of its own, as the functions of the server itself (create,
  // incref, shutdown) need. Mirrors managers.dispatch.
  answer dispatch(bytes_view request) const;
  // Sends a request on the connection of this thread. Mirrors BaseProxy._callmethod.
  answer call(bytes_view request);

 private:
  client connect() const { return client(where_, authkey_, limits_); }
  std::shared_ptr<thread_connection> connection_of_this_thread();

  const address where_;
  const std::string authkey_;
  const client::options limits_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<thread_connection>> connections_;
};

// The key for servers that are known only by proxies met inside values: what
// multiprocessing.current_process().authkey is in CPython. Thread-safe.
void set_authkey(std::string authkey);

// Counts the forks that lie between this process and the first: what belongs to an older
// generation is the parent's.
unsigned fork_generation() noexcept;

}  // namespace pickled

#endif  // PICKLED_PROXY_SERVER_LINK_HPP
