// SPDX-License-Identifier: BSL-1.0

// Calls of C++ proxies, side by side in one run with the least that the sockets cost, and with
// hiredis and Redis. All take their turn in each round, and medians over the rounds count: ratios
// of one run mean something, figures of different runs do not. Usage: proxy_calls PICKLED [ROUNDS];
// redis-server is found by $PATH. script/bench runs it.

#include "pickled/connection/socket.hpp"
#include "pickled/proxy/async.hpp"
#include "pickled/proxy/pipeline.hpp"
#include "proxy/exec_strings.hpp"

#include <asio/io_context.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <hiredis/hiredis.h>
#include <map>
#include <memory>
#include <spawn.h>
#include <stdexcept>
#include <string>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace pickled::inline v0::detail {
namespace {

constexpr int keys = 1000;
constexpr int calls = 20'000;
constexpr int at_once = 1000;
constexpr int threads = 8;

std::string key(int i) {
  return fmt::format("key:{}", i % keys);
}

// Answers each message of so many bytes with one of so many, and ends with its parent.
class echo {
 public:
  echo(std::size_t request, std::size_t reply) : request_(request, 'x'), reply_(reply, 'x') {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) throw std::runtime_error("socketpair");
    child_ = ::fork();
    if (child_ == 0) {
      ::close(ends[0]);
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      while (receive(ends[1], request_) && send(ends[1], reply_)) {
      }
      ::_exit(0);
    }
    ::close(ends[1]);
    socket_ = descriptor(ends[0]);
  }
  ~echo() {
    socket_ = descriptor();
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }
  echo(const echo&) = delete;
  echo& operator=(const echo&) = delete;

  void call() {
    if (!send(socket_.get(), request_) || !receive(socket_.get(), reply_))
      throw std::runtime_error("the echo has ended");
  }

 private:
  static bool send(int to, const std::string& message) {
    return ::send(to, message.data(), message.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(message.size());
  }
  static bool receive(int from, std::string& message) {
    return ::recv(from, message.data(), message.size(), MSG_WAITALL) ==
           static_cast<ssize_t>(message.size());
  }

  std::string request_;
  std::string reply_;
  descriptor socket_;
  pid_t child_ = 0;
};

class redis {
 public:
  explicit redis(const std::string& directory) : path_(directory + "/redis") {
    std::vector<std::string> words{"redis-server", "--port",    "0",        "--unixsocket",
                                   path_,          "--save",    "",         "--dir",
                                   directory,      "--logfile", "/dev/null"};
    // Debian's redis-tools has the server, but by its name only redis-server, which would also
    // start it as a service of the system.
    if (::posix_spawn(&pid_, "/usr/bin/redis-check-rdb", nullptr, nullptr,
                      exec_strings(words).data(), environ) != 0)
      throw std::runtime_error("redis-server cannot be run");
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    do {
      if (std::chrono::steady_clock::now() > until) throw std::runtime_error("no redis-server");
      context_.reset(redisConnectUnix(path_.c_str()));
    } while (context_->err != 0);
    for (int i = 0; i != keys; ++i)
      answer(redisCommand(context_.get(), "SET %s %d", key(i).c_str(), i));
  }
  ~redis() {
    context_.reset();
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
  }
  redis(const redis&) = delete;
  redis& operator=(const redis&) = delete;

  int get(int i) { return answer(redisCommand(context_.get(), "GET %s", key(i).c_str())); }
  long get_many(int count) {
    for (int i = 0; i != count; ++i)
      redisAppendCommand(context_.get(), "GET %s", key(i).c_str());
    long sum = 0;
    for (int i = 0; i != count; ++i) {
      void* reply = nullptr;
      redisGetReply(context_.get(), &reply);
      sum += answer(reply);
    }
    return sum;
  }

 private:
  static int answer(void* given) {
    const std::unique_ptr<redisReply, void (*)(void*)> reply(static_cast<redisReply*>(given),
                                                             freeReplyObject);
    if (reply == nullptr || reply->type == REDIS_REPLY_ERROR) throw std::runtime_error("redis");
    return reply->type == REDIS_REPLY_STRING ? std::atoi(reply->str) : 0;
  }
  struct freeing {
    void operator()(redisContext* context) const { redisFree(context); }
  };

  std::string path_;
  pid_t pid_ = 0;
  std::unique_ptr<redisContext, freeing> context_;
};

using numbers = dict_proxy<std::string, int>;

void expect(long sum, int count) {
  long expected = 0;
  for (int i = 0; i != count; ++i)
    expected += i % keys;
  if (sum != expected) throw std::runtime_error(fmt::format("{} instead of {}", sum, expected));
}

void run_async(const manager& m, const numbers& d) {
  asio::io_context io;
  async_connection connection(io.get_executor(), m);
  long sum = 0;
  for (int begun = 0; begun != calls; begun += at_once) {
    for (int i = 0; i != at_once; ++i)
      connection.async_call<int>(d, "__getitem__", key(i), [&](std::exception_ptr failed, int n) {
        if (failed) std::rethrow_exception(failed);
        sum += n;
      });
    io.run();
    io.restart();
  }
  expect(sum, calls);
}

void run_pipeline(const manager& m, const numbers& d) {
  long sum = 0;
  pipeline p(m);
  std::vector<pipelined<int>> results;
  for (int begun = 0; begun != calls; begun += at_once) {
    results.clear();
    for (int i = 0; i != at_once; ++i)
      results.push_back(p.get<int>(d, key(i)));
    p.run();
    for (const auto& each : results)
      sum += each.result();
  }
  expect(sum, calls);
}

void run_bulk(const numbers& d) {
  std::vector<std::string> all;
  for (int i = 0; i != at_once; ++i)
    all.push_back(key(i));
  long sum = 0;
  for (int begun = 0; begun != calls; begun += at_once)
    for (const auto& each : d.find_many(all))
      sum += each.value();
  expect(sum, calls);
}

void on_threads(const std::vector<numbers>& dicts) {
  std::vector<std::thread> running;
  for (const numbers& d : dicts)
    running.emplace_back([&d] {
      long sum = 0;
      for (int i = 0; i != calls / threads; ++i)
        sum += d.get(key(i));
      expect(sum, calls / threads);
    });
  for (std::thread& thread : running)
    thread.join();
}

int run(const std::string& program, int rounds) {
  const std::string directory =
      std::filesystem::temp_directory_path() / fmt::format("proxy-calls-{}", ::getpid());
  std::filesystem::create_directory(directory);
  start_options options;
  options.program = program;
  const auto m = manager::start(options);
  const auto d = m.dict<std::string, int>();
  std::map<std::string, int> items;
  for (int i = 0; i != keys; ++i)
    items.emplace(key(i), i);
  d.update(items);
  const auto outer = m.dict<std::string>();
  outer.set("inner", d);
  redis other(directory);
  constexpr std::size_t frame = 4;
  echo least(frame + bytes_view(make_call(d.ident(), "__getitem__", key(500))).size(),
             frame + bytes_view(dumps(value::tuple({"#RETURN", 500}))).size());

  std::vector<numbers> shared;
  std::vector<numbers> apart;
  for (int i = 0; i != threads; ++i) {
    shared.push_back(d);
    call_options distinct;
    distinct.max_message += static_cast<std::uint64_t>(i) + 1;  // makes a link of its own
    apart.push_back(manager::connect(m.server(), authkey_of_process(), distinct)
                        .attach<numbers>(d.type_id(), d.ident()));
  }

  struct measured {
    std::string name;
    std::function<void()> run;
    int count = calls;
    std::vector<double> rates = {};
  };
  constexpr int fewer = 2000;
  std::vector<measured> all{
      {"echo, one at a time",
       [&] {
         for (int i = 0; i != calls; ++i)
           least.call();
       }},
      {"d[k], one at a time",
       [&] {
         long sum = 0;
         for (int i = 0; i != calls; ++i)
           sum += d.get(key(i));
         expect(sum, calls);
       }},
      {"hiredis GET, one at a time",
       [&] {
         long sum = 0;
         for (int i = 0; i != calls; ++i)
           sum += other.get(i);
         expect(sum, calls);
       }},
      {"d[k], pipelines of 1,000", [&] { run_pipeline(m, d); }},
      {"d.find_many of 1,000", [&] { run_bulk(d); }},
      {"d[k], 1,000 by Asio", [&] { run_async(m, d); }},
      {"hiredis GET, pipelines of 1,000",
       [&] {
         long sum = 0;
         for (int begun = 0; begun != calls; begun += at_once)
           sum += other.get_many(at_once);
         expect(sum, calls);
       }},
      {"d[k], 8 threads, one manager", [&] { on_threads(shared); }},
      {"d[k], 8 threads, 8 managers", [&] { on_threads(apart); }},
      {"nested proxy",
       [&] {
         for (int i = 0; i != fewer; ++i)
           outer.get<numbers>("inner");
       },
       fewer},
      {"new dict",
       [&] {
         for (int i = 0; i != fewer; ++i)
           m.dict();
       },
       fewer},
  };
  for (int round = 0; round != rounds; ++round) {
    for (measured& each : all) {
      const auto began = std::chrono::steady_clock::now();
      each.run();
      const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - began;
      each.rates.push_back(each.count / taken.count());
    }
  }
  fmt::print("Calls of C++ proxies over a unix socket, thousands a second, medians of {} rounds\n",
             rounds);
  for (measured& each : all) {
    std::ranges::sort(each.rates);
    fmt::print("{:34}{:8.1f}\n", each.name, each.rates[each.rates.size() / 2] / 1000);
  }
  std::filesystem::remove_all(directory);
  return 0;
}

}  // namespace
}  // namespace pickled::inline v0::detail

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  try {
    return pickled::detail::run(argv[1], argc > 2 ? std::atoi(argv[2]) : 7);
  } catch (const std::exception& error) {
    fmt::print(stderr, "proxy_calls: {}\n", error.what());
    return 1;
  }
}
