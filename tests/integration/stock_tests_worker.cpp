// SPDX-License-Identifier: BSL-1.0

// The other process of CPython's own tests of multiprocessing, as a worker in C++: each function
// does what the one of that name in test/_test_multiprocessing.py does.
// interop/conformance/workers.py starts it, and reads in the file $PICKLED_SERVED which of them
// were called.

#include "connection/temporary_directory.hpp"
#include "frozen/freezer.hpp"
#include "pickled/connection/socket.hpp"
#include "pickled/connection/token.hpp"
#include "pickled/process/barrier.hpp"
#include "pickled/process/current_process.hpp"
#include "pickled/process/listener.hpp"
#include "pickled/process/process.hpp"
#include "pickled/process/queues.hpp"
#include "pickled/process/sharedctypes.hpp"
#include "pickled/process/synchronize.hpp"
#include "pickled/process/worker_main.hpp"
#include "pickled/proxy/namespace_proxy.hpp"
#include "pickled/proxy/server_link.hpp"
#include "pickled/python/python_error.hpp"
#include "process/resource_sharer.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cctype>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <netinet/in.h>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <thread>
#include <tuple>
#include <unistd.h>
#include <utility>
#include <variant>
#include <vector>

namespace {

namespace mp = pickled::multiprocessing;
using pickled::value;

// -- What the tests are told by

void tell_of_call(const std::string& name) {
  const char* path = std::getenv("PICKLED_SERVED");
  if (path == nullptr) return;
  const pickled::descriptor file(::open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
  const std::string line = name + '\n';
  if (::write(file.get(), line.data(), line.size()) < 0) std::abort();
}

class offered {
 public:
  // The classes of the tests are those of the program that runs them.
  template <class F>
  offered& in_class(std::string_view name, F f,
                    std::initializer_list<pickled::parameter> parameters = {}) {
    return add("__main__." + std::string(name), std::function(std::move(f)), parameters);
  }
  template <class F>
  offered& in_module(std::string_view name, F f,
                     std::initializer_list<pickled::parameter> parameters = {}) {
    return add("test._test_multiprocessing." + std::string(name), std::function(std::move(f)),
               parameters);
  }
  template <class F>
  offered& elsewhere(std::string_view name, F f,
                     std::initializer_list<pickled::parameter> parameters = {}) {
    return add(std::string(name), std::function(std::move(f)), parameters);
  }
  const pickled::functions& all() const { return all_; }

 private:
  template <class R, class... Args>
  offered& add(const std::string& name, std::function<R(Args...)> f,
               std::initializer_list<pickled::parameter> parameters) {
    all_.add(
        name,
        [name, f = std::move(f)](Args... args) -> R {
          tell_of_call(name);
          return f(std::forward<Args>(args)...);
        },
        parameters);
    return *this;
  }

  pickled::functions all_;
};

void sleep(double seconds) {
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
}

[[noreturn]] void exit_python(const value& code) {
  throw pickled::python_error("SystemExit", pickled::value::tuple({code}));
}

// A handler of its own that does nothing: what waits is interrupted, and has to go on.
void handle_user_signal() {
  struct sigaction action {};
  action.sa_handler = [](int) {};
  ::sigaction(SIGUSR1, &action, nullptr);
}

pickled::address address_of(const value& where) {
  const auto known = pickled::detail::read_address(where);
  if (!known) throw std::invalid_argument("no address");
  return *known;
}

pickled::descriptor tcp_socket() {
  return pickled::descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return to;
}

pickled::descriptor connect_to(const value& where) {
  pickled::descriptor made = tcp_socket();
  const sockaddr_in to = loopback(address_of(where).port());
  if (::connect(made.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0)
    throw std::system_error(pickled::detail::last_error(), "cannot connect");
  return made;
}

void send_text(const pickled::descriptor& to, std::string_view text) {
  if (::send(to.get(), text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size()))
    throw std::system_error(pickled::detail::last_error(), "cannot send");
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

int count_descriptors() {
  const auto all = std::filesystem::directory_iterator("/proc/self/fd");
  // One of them is the directory.
  return static_cast<int>(std::distance(begin(all), end(all))) - 1;
}

// -- Processes

mp::process_options this_program() {
  mp::process_options options;
  options.spawn.executable = std::filesystem::read_symlink("/proc/self/exe").string();
  return options;
}

void recurse(const mp::connection& tell, const std::vector<int>& id) {
  tell.send(id);
  if (id.size() >= 2) return;
  for (int i = 0; i != 2; ++i) {
    std::vector<int> next = id;
    next.push_back(i);
    mp::process child(this_program(), "__main__:WithProcessesTestProcess._test_recursion", tell,
                      next);
    child.start();
    child.join();
  }
}

void create_grandchild(const mp::connection& tell) {
  mp::process child(this_program(), "__main__:WithProcessesTestProcess._test_report_parent_status",
                    tell);
  child.start();
  sleep(300);
}

void report_parent_status(const mp::connection& tell) {
  const auto report = [&] {
    tell.send(pickled::parent_process()->is_alive() ? "alive" : "not alive");
  };
  report();
  pickled::parent_process()->join(std::chrono::seconds(30));
  report();
}

void add_processes(offered& to) {
  const auto in = [](const char* name) { return std::string("WithProcessesTestProcess.") + name; };
  to.in_class(in("_test_args"), [](const mp::queue& q, const value& arg) { q.put(arg); })
      .in_class(
          in("_test"),
          [](const mp::queue& q, int one, int two, int hello, double bye) {
            q.put(std::pair(one, two));
            q.put(std::map<std::string, std::variant<int, double>>{{"hello", hello}, {"bye", bye}});
            q.put(pickled::current_process().name);
            q.put(pickled::as_bytes(pickled::authkey_of_process()));
            q.put(::getpid());
          },
          {"q", "one", "two", "hello", "bye"})
      .in_class(in("_test_send_parent_process"),
                [](const mp::connection& tell) {
                  tell.send(std::pair(::getppid(), pickled::parent_process()->name()));
                })
      .in_class(in("_test_process_mainthread_native_id"),
                [](const mp::queue& q) { q.put(::gettid()); })
      .in_class(in("_test_create_grandchild_process"), create_grandchild)
      .in_class(in("_test_report_parent_status"), report_parent_status)
      .in_class(in("_sleep_some"), [] { sleep(100); })
      .in_class(in("_test_sleep"), sleep)
      .in_class(in("_test_recursion"), recurse)
      .in_class(in("_test_sentinel"),
                [](const mp::event& event) { event.wait_for(std::chrono::seconds(10)); })
      .in_class(in("_test_close"),
                [](const value& code, const mp::queue& q) {
                  q.get();
                  exit_python(code);
                },
                {{"rc", 0}, {"q", nullptr}})
      .in_class(in("_test_child_fd_inflation"),
                [](const mp::event& event, const mp::queue& q) {
                  q.put(count_descriptors());
                  event.wait();
                })
      .in_class(in("_test_error_on_stdio_flush"), [](const mp::event& event) { event.set(); })
      .in_class("WithProcessesTestSubclassingProcess._test_sys_exit",
                [](const value& reason, const std::string& path) {
                  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0600);
                  ::dup2(file, STDERR_FILENO);
                  exit_python(reason);
                })
      .elsewhere("sys.exit", exit_python, {{"code", nullptr}})
      .elsewhere("time.sleep", sleep)
      .in_class("WithProcessesTestPollEintr._killer", [](int pid) {
        sleep(0.1);
        ::kill(pid, SIGUSR1);
      });
}

// -- Queues

void add_queues(offered& to) {
  const auto in = [](const char* name) { return std::string("WithProcessesTestQueue.") + name; };
  to.in_class(in("_test_put"),
              [](const mp::queue& q, const mp::event& start, const mp::event& go_on) {
                start.wait();
                for (int i = 0; i != 6; ++i)
                  q.get();
                go_on.set();
              })
      .in_class(in("_test_get"),
                [](const mp::queue& q, const mp::event& start, const mp::event& go_on) {
                  start.wait();
                  for (int i = 2; i != 6; ++i)
                    q.put(i);
                  go_on.set();
                })
      .in_class(in("_test_fork"),
                [](const mp::queue& q) {
                  for (int i = 10; i != 20; ++i)
                    q.put(i);
                })
      .in_class(in("_test_task_done"),
                [](const mp::joinable_queue& q) {
                  while (!q.get().is_none()) {
                    sleep(0.1);
                    q.task_done();
                  }
                })
      .in_class("TestSimpleQueue._test_empty",
                [](const mp::simple_queue& q, const mp::event& start, const mp::event& go_on) {
                  start.wait();
                  q.put(q.empty());
                  q.put(q.empty());
                  go_on.set();
                });
}

// -- Locks

void add_locks(offered& to) {
  const auto in = [](const char* name) {
    return std::string("WithProcessesTestCondition.") + name;
  };
  to.in_class(in("f"),
              [](const mp::condition& condition, const mp::semaphore& sleeping,
                 const mp::semaphore& woken, std::optional<double> timeout) {
                const std::lock_guard guard(condition);
                sleeping.release();
                if (timeout)
                  condition.wait_for(std::chrono::duration<double>(*timeout));
                else
                  condition.wait();
                woken.release();
              },
              {"cond", "sleeping", "woken", {"timeout", nullptr}})
      .in_class(in("_test_waitfor_f"),
                [](const mp::condition& condition, const mp::value<int>& state) {
                  const std::lock_guard guard(condition);
                  state.set(0);
                  condition.notify_one();
                  condition.wait_until(std::nullopt, [&] { return state.get() == 4; });
                  if (state.get() != 4) exit_python(pickled::to_value(1));
                })
      .in_class(in("_test_waitfor_timeout_f"),
                [](const mp::condition& condition, const mp::value<int>& state,
                   const mp::value<int>& success, const mp::semaphore& semaphore) {
                  using namespace std::chrono_literals;
                  semaphore.release();
                  const std::lock_guard guard(condition);
                  const auto begun = std::chrono::steady_clock::now();
                  const bool reached = condition.wait_until(mp::deadline_after(100ms),
                                                            [&] { return state.get() == 4; });
                  if (!reached && std::chrono::steady_clock::now() - begun >= 100ms) success.set(1);
                })
      .in_class(in("_test_wait_result"),
                [](const mp::condition& condition, std::optional<int> pid) {
                  {
                    const std::lock_guard guard(condition);
                    condition.notify_one();
                  }
                  sleep(1);
                  if (pid) ::kill(*pid, SIGINT);
                })
      .in_class("WithProcessesTestEvent._test_event",
                [](const mp::event& event) {
                  sleep(0.35);
                  event.set();
                })
      .in_class("WithProcessesTestBarrier._test_thousand_f",
                [](const mp::barrier& barrier, int passes, const mp::connection& tell,
                   const mp::lock& lock) {
                  for (int i = 0; i != passes; ++i) {
                    barrier.arrive_and_wait();
                    const std::lock_guard guard(lock);
                    tell.send(i);
                  }
                })
      .in_class("TestWait.signal_and_sleep", [](const mp::semaphore& semaphore, double period) {
        semaphore.release();
        sleep(period);
      });
}

// -- Memory

struct foo {
  int x;
  double y;
  long long z;
};
PICKLED_DESCRIBE(foo, "test._test_multiprocessing", "_Foo", x, y, z)

void double_all(const mp::value<int>& x, const mp::value<double>& y, const mp::value<long long>& z,
                const mp::value<foo>& both, const mp::array<double>& numbers,
                const mp::array<char>& text) {
  x.set(x.get() * 2);
  y.set(y.get() * 2);
  z.set(z.get() * 2);
  foo changed = both.get();
  changed.x *= 2;
  changed.y *= 2;
  both.set(changed);
  const std::string once(text.get_obj().data());
  const std::string twice = once + once;
  std::copy(twice.begin(), twice.end(), text.get_obj().begin());
  for (std::size_t i = 0; i != numbers.size(); ++i)
    numbers.set(i, numbers.get(i) * 2);
}

void add_memory(offered& to) {
  using values = std::tuple<mp::value<int>, mp::value<double>, mp::value<short>,
                            mp::value<long long>, mp::value<char>>;
  to.in_class("WithProcessesTestValue._test",
              [](const values& all) {
                std::get<0>(all).set(24234);
                std::get<1>(all).set(-4.25);
                std::get<2>(all).set(234);
                std::get<3>(all).set(1LL << 34);
                std::get<4>(all).set('y');
              })
      .in_class("WithProcessesTestArray.f",
                [](const mp::array<int>& all) {
                  for (std::size_t i = 1; i < all.size(); ++i)
                    all.set(i, all.get(i) + all.get(i - 1));
                })
      .in_class("WithProcessesTestSharedCTypes._double", double_all);
}

// -- Pools

void wait_for(double seconds, const std::optional<mp::event>& event) {
  if (event)
    event->wait_for(std::chrono::duration<double>(seconds));
  else
    sleep(seconds);
}

void add_pools(offered& to) {
  to.in_module("sqr",
               [](long x, double wait, const std::optional<mp::event>& event) {
                 wait_for(wait, event);
                 return x * x;
               },
               {"x", {"wait", 0.0}, {"event", nullptr}})
      .in_module("mul", [](long x, long y) { return x * y; }, {"x", "y"})
      .in_module("identity", [](const value& x) { return x; }, {"x"})
      .in_module("raise_large_valuerror",
                 [](double wait) {
                   sleep(wait);
                   throw std::invalid_argument(std::string(1024 * 1024, 'x'));
                 },
                 {"wait"})
      .in_module("raising", [] { throw pickled::python_error("KeyError", "key"); })
      .in_module("unpickleable_result", [] { return mp::lock::create(); })
      .in_module(
          "initializer",
          [](const pickled::namespace_proxy& ns) { ns.set("test", ns.get<int>("test") + 1); },
          {"ns"})
      .in_class("WithProcessesTestPool._test_wrapped_exception",
                [] { throw std::runtime_error("foo"); })
      .elsewhere("builtins.int", [](const std::string& text) { return std::stoi(text); });
}

// -- Connections

// What is sent of the family comes back as a socket, and its address before that.
void listen(const mp::connection& tell, const std::vector<std::string>& families) {
  const pickled::detail::temporary_directory directory;
  for (const std::string& family : families) {
    const mp::listener listener(family == "AF_INET" ? std::string("127.0.0.1:0")
                                                    : "unix:" + directory.path() + "/socket");
    tell.send(listener.local());
    tell.send(listener.accept());
  }
  const pickled::descriptor listening = tcp_socket();
  sockaddr_in at = loopback(0);
  socklen_t size = sizeof at;
  if (::bind(listening.get(), reinterpret_cast<const sockaddr*>(&at), size) != 0 ||
      ::listen(listening.get(), 1) != 0 ||
      ::getsockname(listening.get(), reinterpret_cast<sockaddr*>(&at), &size) != 0)
    throw std::system_error(pickled::detail::last_error(), "cannot listen");
  tell.send(std::pair("127.0.0.1", ntohs(at.sin_port)));
  auto accepted =
      std::make_shared<pickled::descriptor>(::accept(listening.get(), nullptr, nullptr));
  tell.send(mp::socket{std::move(accepted), AF_INET, SOCK_STREAM, 0});
  tell.recv();
}

void visit(const mp::connection& orders) {
  for (value order = orders.recv(); !order->is_none(); order = orders.recv()) {
    const auto [where, message] = order->get<std::pair<value, std::vector<std::byte>>>();
    const std::string text(pickled::as_text(message));
    mp::client(address_of(where)).send(pickled::as_bytes(upper(text)));
  }
  const auto [where, message] = orders.recv<std::pair<value, std::vector<std::byte>>>();
  send_text(connect_to(where), upper(std::string(pickled::as_text(message))));
}

void write_through(const mp::connection& from, const std::vector<std::byte>& data, bool many) {
  // The descriptor that comes gets a number beyond these.
  for (int i = 0; many && i != 256; ++i)
    if (::fcntl(i, F_GETFD) < 0) ::dup2(from.fileno(), i);
  const pickled::descriptor file = pickled::detail::recv_handle(from);
  if (::write(file.get(), data.data(), data.size()) < 0)
    throw std::system_error(pickled::detail::last_error(), "cannot write");
}

void send_slowly(bool slow) {
  static std::mt19937 random(static_cast<unsigned>(::getpid()));
  if (slow) sleep(std::uniform_real_distribution(0.0, 0.1)(random));
}

void add_connections(offered& to) {
  const auto in = [](const char* name) {
    return std::string("WithProcessesTestConnection.") + name;
  };
  const auto poll = [](const char* name) { return std::string("WithProcessesTestPoll.") + name; };
  to.in_class(in("_echo"),
              [](const mp::connection& c) {
                for (auto message = c.recv_bytes(); message.size() != 0; message = c.recv_bytes())
                  c.send_bytes(message);
              })
      .in_class(in("_writefd"), write_through, {"conn", "data", {"create_dummy_fds", false}})
      .in_class(in("_send_data_without_fd"),
                [](const mp::connection& c) {
                  if (::write(c.fileno(), "", 1) != 1) throw std::runtime_error("not written");
                })
      .in_class("WithProcessesTestListenerClient._test",
                [](const value& where) { mp::client(address_of(where)).send("hello"); })
      .in_class(poll("_child_strings"),
                [](const mp::connection& c, const std::vector<std::vector<std::byte>>& strings) {
                  for (const auto& each : strings) {
                    sleep(0.1);
                    c.send_bytes(each);
                  }
                })
      .in_class(poll("_child_boundaries"),
                [](const mp::connection& c) { c.poll(std::chrono::seconds(5)); })
      .in_class(poll("_child_dont_merge"),
                [](const mp::connection& c) {
                  for (const char* each : {"a", "b", "cd"})
                    c.send_bytes(pickled::as_bytes(each));
                })
      .in_class("WithProcessesTestPicklingConnections._listener", listen)
      .in_class("WithProcessesTestPicklingConnections._remote", visit)
      .in_class("WithProcessesTestPicklingConnections.child_access",
                [](const mp::connection& c) {
                  c.recv<mp::connection>().send("all is well");
                  const auto text = c.recv<mp::connection>().recv<std::string>();
                  c.send(text + text);
                })
      .in_class("TestWait._child_test_wait",
                [](const mp::connection& c, bool slow) {
                  for (int i = 0; i != 10; ++i) {
                    send_slowly(slow);
                    c.send(std::pair(i, ::getpid()));
                  }
                })
      .in_class("TestWait._child_test_wait_socket",
                [](const value& where, bool slow) {
                  const pickled::descriptor to = connect_to(where);
                  for (int i = 0; i != 10; ++i) {
                    send_slowly(slow);
                    send_text(to, std::to_string(i) + '\n');
                  }
                })
      .in_class("TestTimeouts._test_timeout",
                [](const mp::connection& c, const value& where) {
                  sleep(1);
                  c.send(123);
                  c.close();
                  mp::client(address_of(where)).send(456);
                })
      .in_class("TestIgnoreEINTR._test_ignore",
                [](const mp::connection& c) {
                  handle_user_signal();
                  c.send("ready");
                  c.send(c.recv());
                  // More than a pipe takes: SOCK_MAX_SIZE of test.support.
                  c.send_bytes(pickled::as_bytes(std::string((16 << 20) + 1, 'x')));
                })
      .in_class("TestIgnoreEINTR._test_ignore_listener", [](const mp::connection& c) {
        handle_user_signal();
        const pickled::detail::temporary_directory directory;
        const mp::listener listener("unix:" + directory.path() + "/socket");
        c.send(listener.local());
        listener.accept().send("welcome");
      });
}

}  // namespace

int main(int argc, char** argv) {
  offered all;
  add_processes(all);
  add_queues(all);
  add_locks(all);
  add_memory(all);
  add_pools(all);
  add_connections(all);
  return pickled::worker_main(argc, argv, all.all());
}
