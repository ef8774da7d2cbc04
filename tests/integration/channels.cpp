// SPDX-License-Identifier: BSL-1.0

// The C++ side of interop/process/test_channels.py. Started by a stock multiprocessing in place of
// Python it runs the function of that name below; started as `channels PYTHON SCRIPT NAME` it runs
// the parent of that name, whose child is a stock Python.

#include "pickled/connection/token.hpp"
#include "pickled/process/barrier.hpp"
#include "pickled/process/listener.hpp"
#include "pickled/process/logging.hpp"
#include "pickled/process/pipe.hpp"
#include "pickled/process/python.hpp"
#include "pickled/process/queues.hpp"
#include "pickled/process/shareable_list.hpp"
#include "pickled/process/shared_memory.hpp"
#include "pickled/process/sharedctypes.hpp"
#include "pickled/process/synchronize.hpp"
#include "pickled/proxy/server_link.hpp"
#include "pickled/python/python_error.hpp"
#include "pickled/value/as_call.hpp"
#include "pickled/value/attribute.hpp"
#include "process/command_line.hpp"
#include "process/resource_tracker.hpp"
#include "process/spawned_process.hpp"

#include <fmt/format.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <fcntl.h>
#include <functional>
#include <iostream>
#include <map>
#include <mutex>
#include <numeric>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <sys/wait.h>
#include <thread>
#include <tuple>
#include <unistd.h>
#include <utility>
#include <vector>

namespace {

namespace mp = pickled::multiprocessing;
using namespace std::chrono_literals;
using pickled::value;
using pickled::value_view;
using arguments = std::span<const value_view>;

constexpr auto long_enough = 60s;

void require(bool true_one, std::string_view what) {
  if (!true_one) throw std::runtime_error(fmt::format("not so: {}", what));
}

// A ctypes.Structure of the script's.
struct point {
  double x;
  int n;
};
PICKLED_DESCRIBE(point, "__main__", "Point", x, n)

// -- As the child of a stock parent

void echo(arguments args) {
  const auto connection = args[0].get<mp::connection>();
  for (;;) {
    try {
      connection.send(connection.recv());
    } catch (const std::system_error&) {
      return;  // the other end is closed
    }
  }
}

void echo_queue(arguments args) {
  const auto in = args[0].get<mp::queue>();
  const auto out = args[1].get<mp::queue>();
  for (value item = in.get(); !item->is_none(); item = in.get())
    out.put(item);
}

void echo_simple_queue(arguments args) {
  const auto in = args[0].get<mp::simple_queue>();
  const auto out = args[1].get<mp::simple_queue>();
  for (value item = in.get(); !item->is_none(); item = in.get())
    out.put(item);
}

void do_tasks(arguments args) {
  const auto tasks = args[0].get<mp::joinable_queue>();
  const auto results = args[1].get<mp::queue>();
  while (const auto task = tasks.try_get_for<long>(long_enough)) {
    if (*task < 0) {
      tasks.task_done();
      return;
    }
    results.put(*task * *task);
    tasks.task_done();
  }
}

// Adds one to what is in a file, so often: nothing but the lock keeps others away.
template <class Lock>
void count(arguments args) {
  const auto lock = args[0].get<Lock>();
  const auto path = args[1].get<std::string>();
  for (int i = args[2].get<int>(); i != 0; --i) {
    const std::lock_guard guard(lock);
    const int fd = ::open(path.c_str(), O_RDWR);
    char text[32] = {};
    require(::pread(fd, text, sizeof text - 1, 0) > 0, "the file can be read");
    const std::string next = std::to_string(std::atol(text) + 1);
    require(::pwrite(fd, next.data(), next.size(), 0) > 0, "the file can be written");
    ::close(fd);
  }
}

void try_locks(arguments args) {
  const auto held = args[0].get<mp::lock>();
  const auto recursive = args[1].get<mp::rlock>();
  const auto bounded = args[2].get<mp::bounded_semaphore>();
  require(!held.try_lock(), "a lock that the parent holds cannot be had");
  require(!held.try_lock_for(10ms), "nor after a while");
  {
    const std::lock_guard once(recursive);
    const std::lock_guard twice(recursive);
    require(recursive.count() == 2, "an RLock is had twice");
  }
  require(bounded.try_acquire(), "a semaphore can be had");
  bounded.release();
  try {
    bounded.release();
  } catch (const pickled::python_error& error) {
    require(error.type() == "ValueError", "too many releases are a ValueError");
    held.release();  // for the parent, which waits for it
    return;
  }
  require(false, "a bounded semaphore is bounded");
}

void wait_for_event(arguments args) {
  const auto go = args[0].get<mp::event>();
  const auto done = args[1].get<mp::event>();
  require(go.wait_for(long_enough), "the event is set");
  done.set();
}

// Two processes take turns; `args` are the condition, a connection to tell the parent, and how
// many times the parent notifies.
void wait_for_notifications(arguments args) {
  const auto condition = args[0].get<mp::condition>();
  const auto tell = args[1].get<mp::connection>();
  for (int i = args[2].get<int>(); i != 0; --i) {
    const std::lock_guard guard(condition);
    tell.send("waiting");
    require(condition.wait_for(long_enough), "a notification comes");
    tell.send("notified");
  }
}

void notify(arguments args) {
  const auto condition = args[0].get<mp::condition>();
  const auto listen = args[1].get<mp::connection>();
  for (int i = args[2].get<int>(); i != 0; --i) {
    require(listen.recv<std::string>() == "waiting", "the parent waits");
    const std::lock_guard guard(condition);
    condition.notify_all();
  }
}

void add_to_value(arguments args) {
  const auto number = args[0].get<mp::value<int>>();
  for (int i = args[1].get<int>(); i != 0; --i) {
    const std::lock_guard guard(number);
    ++number.get_obj();
  }
}

void fill_array(arguments args) {
  const auto numbers = args[0].get<mp::array<double>>();
  const auto start = args[1].get<std::size_t>();
  const auto stop = args[2].get<std::size_t>();
  for (std::size_t i = start; i != stop; ++i)
    numbers.set(i, static_cast<double>(i) / 2);
}

// One of each type code, as value and as array of two, which hold 1; they are added one to.
template <class T>
void add_one_to(const value_view& number, const value_view& numbers) {
  const auto one = number.get<mp::value<T>>();
  require(one.get() == T(1), "the value is 1");
  one.set(static_cast<T>(T(1) + T(1)));
  const auto two = numbers.get<mp::array<T>>();
  require(two.size() == 2 && two.get(0) == T(1) && two.get(1) == T(1), "the array is 1, 1");
  two.set(1, static_cast<T>(T(1) + T(1)));
}

void add_one(arguments args) {
  const auto values = args[0].as_items();
  const auto arrays = args[1].as_items();
  std::size_t i = 0;
  const auto next = [&]<class T>(T) { add_one_to<T>(values[i], arrays[i]), ++i; };
  next(char());
  next(wchar_t());
  next(static_cast<signed char>(0));
  next(static_cast<unsigned char>(0));
  next(short());
  next(static_cast<unsigned short>(0));
  next(int());
  next(unsigned());
  next(long());
  next(static_cast<unsigned long>(0));
  next(static_cast<long long>(0));
  next(static_cast<unsigned long long>(0));
  next(float());
  next(double());
  require(i == values.size(), "there are so many type codes");
}

void move_points(arguments args) {
  const auto one = args[0].get<mp::value<point>>();
  const auto several = args[1].get<mp::array<point>>();
  const std::lock_guard guard(one);
  one.get_obj().x += 0.5;
  for (point& each : several.get_obj())
    each.n += 1;
}

void meet(arguments args) {
  const auto barrier = args[0].get<mp::barrier>();
  const auto tell = args[1].get<mp::connection>();
  try {
    for (int i = args[2].get<int>(); i != 0; --i)
      tell.send(barrier.arrive_and_wait());
    barrier.arrive_and_wait();
  } catch (const pickled::python_error& error) {
    tell.send(error.what());
  }
}

// The rows of an array of 64 columns, each number squared.
void square_rows(arguments args) {
  const auto segment = args[0].get<mp::shared_memory>();
  const auto start = args[1].get<std::size_t>();
  const auto stop = args[2].get<std::size_t>();
  const auto numbers = segment.ndarray<double>({stop, 64});
  for (std::size_t row = start; row != stop; ++row)
    for (std::size_t column = 0; column != 64; ++column)
      numbers(row, column) *= numbers(row, column);
}

// [1, 2.5, True, 'text', b'bytes', None] becomes [None, 'x', False, 'é', b'', 7].
void change_list(arguments args) {
  const auto list = args[0].get<mp::shareable_list>();
  require(list.size() == 6, "there are six");
  require(list.get<int>(0) == 1 && list.get<double>(1) == 2.5 && list.get<bool>(2), "numbers");
  require(list.get<std::string>(3) == "text", "the text");
  require(pickled::as_text(pickled::value_argument(list.get(4)).as_bytes()) == "bytes" &&
              list.get(5).is_none(),
          "bytes");
  list.set(0, nullptr);
  list.set(1, "x");
  list.set(2, false);
  list.set(3, "\xc3\xa9");
  list.set(4, pickled::bytes_view());
  list.set(5, 7);
}

// Connections that come through a connection, and one that goes back.
void pass_connections(arguments args) {
  const auto through = args[0].get<mp::connection>();
  const auto received = through.recv<mp::connection>();
  received.send("received");
  const auto [here, there] = mp::pipe();
  through.send(there);
  require(here.recv<std::string>() == "returned", "Python has the other end");
  const auto socket = through.recv<mp::socket>();
  require(mp::connection(socket.file).recv_bytes().size() == 5, "a socket comes too");
  // A ticket that was redeemed is nothing any more.
  const auto spent = through.recv();
  try {
    spent.get<mp::connection>();
    require(false, "a ticket is good once");
  } catch (const std::system_error&) {
    through.send("done");
  }
}

// As a server and as a client of Python's; `args` are an address that Python listens at and a
// connection to tell it of ours.
void meet_at_addresses(arguments args) {
  const auto theirs = pickled::detail::read_address(args[0]);
  const auto tell = args[1].get<mp::connection>();
  const mp::listener listener("127.0.0.1:0", "key");
  tell.send(std::pair(listener.local().name(), listener.local().port()));
  const auto accepted = listener.accept(mp::deadline_after(long_enough));
  accepted.send(accepted.recv());
  try {
    listener.accept();
    require(false, "the second has a wrong key");
  } catch (const std::system_error& error) {
    tell.send(error.what());
  }
  const auto connected = mp::client(*theirs, "key");
  connected.send(connected.recv());
  try {
    mp::client(*theirs, "wrong");
    require(false, "the key is wrong");
  } catch (const std::system_error& error) {
    tell.send(error.what());
  }
}

const std::map<std::string_view, std::function<void(arguments)>> functions = {
    {"pass_connections", pass_connections},
    {"meet_at_addresses", meet_at_addresses},
    {"square_rows", square_rows},
    {"change_list", change_list},
    {"add_to_value", add_to_value},
    {"fill_array", fill_array},
    {"add_one", add_one},
    {"move_points", move_points},
    {"meet", meet},
    {"echo", echo},
    {"echo_queue", echo_queue},
    {"echo_simple_queue", echo_simple_queue},
    {"do_tasks", do_tasks},
    {"count", count<mp::lock>},
    {"count_rlock", count<mp::rlock>},
    {"count_condition", count<mp::condition>},
    {"try_locks", try_locks},
    {"wait_for_event", wait_for_event},
    {"wait_for_notifications", wait_for_notifications},
    {"notify", notify},
};

int run_child(const std::vector<std::string>& words, std::size_t code) {
  const auto spawned = pickled::detail::parse_spawn_code(words[code]);
  if (!spawned) pickled::exec_python(words);
  pickled::set_authkey("key of the family");
  if (spawned->tracker_fd) pickled::detail::resource_tracker::inherit(*spawned->tracker_fd);
  const auto process = pickled::detail::read_spawned_process(spawned->pipe_handle);
  const value_view target = pickled::attribute_of(process.process, "_target");
  const auto found = functions.find(target.as_global().name);
  if (found == functions.end())
    pickled::detail::exec_spawned_process(process, *spawned, words, code);
  found->second(pickled::attribute_of(process.process, "_args").as_items());
  return 0;
}

// -- As the parent of a stock child

// A Python that runs SCRIPT's function of that name; what is built inherits what it has to.
class child {
 public:
  template <class... Args>
  child(const std::string& python, const std::string& script, std::string_view function,
        const Args&... args) {
    using pickled::instance_node;
    mp::spawning inheriting;
    pickled::arena arena;
    pickled::value_builder b(arena);
    const std::vector<value_view> given{to_value(args, b)...};
    const pickled::dict_entry preparation[] = {{b.str("init_main_from_path"), b.str(script)},
                                               {b.str("name"), b.str("child")}};
    const pickled::dict_entry state[] = {
        {b.str("_target"), b.global("__main__", function)},
        {b.str("_args"), b.tuple(given)},
        {b.str("_kwargs"), b.dict()},
        {b.str("_parent_pid"), value_view::integer(::getpid())},
        {b.str("_parent_name"), b.str("MainProcess")},
        {b.str("_name"), b.str("child")},
        {b.str("_identity"), b.tuple(std::array{value_view::integer(1)})},
        {b.str("_config"), b.dict()},
    };
    const value_view process =
        mp::write_instance({"multiprocessing.context", "SpawnProcess"}, b.dict(state), b);
    start(python, pickled::dumps(b.dict(preparation)), pickled::dumps(process), inheriting);
  }
  ~child() { join(); }

  int join() {
    int status = 0;
    if (pid_ > 0) ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

 private:
  void start(const std::string& python, pickled::bytes_view preparation,
             pickled::bytes_view process, const mp::spawning& inheriting) {
    int ends[2];
    require(::pipe2(ends, O_CLOEXEC) == 0, "there is a pipe");
    const int tracker = pickled::detail::resource_tracker::of_process().fd();
    const std::string code = fmt::format(
        "from multiprocessing.spawn import spawn_main; spawn_main(tracker_fd={}, "
        "pipe_handle={})",
        tracker, ends[0]);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::fcntl(ends[0], F_SETFD, 0);
      ::fcntl(tracker, F_SETFD, 0);
      for (const auto& each : inheriting.inherited())
        ::fcntl(each->get(), F_SETFD, 0);
      ::execl(python.c_str(), python.c_str(), "-c", code.c_str(), "--multiprocessing-fork",
              nullptr);
      ::_exit(127);
    }
    ::close(ends[0]);
    for (const auto bytes : {preparation, process})
      require(::write(ends[1], bytes.data(), bytes.size()) > 0, "the child is told");
    writer_ = pickled::descriptor(ends[1]);
  }

  pid_t pid_ = -1;
  pickled::descriptor writer_;
};

struct starter {
  std::string python;
  std::string script;

  template <class... Args>
  child start(std::string_view function, const Args&... args) const {
    return child(python, script, function, args...);
  }
};

void parent_of_pipe(const starter& python) {
  const auto [here, there] = mp::pipe();
  child other = python.start("echo", there);
  there.close();
  const std::string large(3'000'000, 'x');
  for (const std::string& text : {std::string("hello"), large}) {
    here.send(text);
    require(here.poll(long_enough), "an answer comes");
    require(here.recv<std::string>() == text, "the same comes back");
  }
  here.send_bytes({});
  require(mp::wait(std::span(&here, 1)).size() == 1, "the end can be waited for");
  here.close();
  other.join();
}

void parent_of_queues(const starter& python) {
  const auto in = mp::queue::create(10);
  const auto out = mp::queue::create();
  child other = python.start("echo_queue", in, out);
  for (long i = 0; i != 1000; ++i)
    in.put(i);
  in.put(std::string(100'000, 'x'));
  in.put(nullptr);
  for (long i = 0; i != 1000; ++i)
    require(out.get<long>() == i, "items come in their order");
  require(out.get<std::string>().size() == 100'000, "and the large one");
  require(other.join() == 0, "the child ends");
  require(in.empty() && in.size() == 0 && !in.full(), "all was taken");
}

void parent_of_simple_queues(const starter& python) {
  const auto in = mp::simple_queue::create();
  const auto out = mp::simple_queue::create();
  child other = python.start("echo_simple_queue", in, out);
  for (long i = 0; i != 1000; ++i) {
    in.put(i);
    require(out.get<long>() == i, "items come back");
  }
  in.put(nullptr);
  require(other.join() == 0, "the child ends");
}

void parent_of_tasks(const starter& python) {
  const auto tasks = mp::joinable_queue::create();
  const auto results = mp::queue::create();
  child other = python.start("do_tasks", tasks, results);
  for (long i = 0; i != 100; ++i)
    tasks.put(i);
  tasks.join();
  for (long i = 0; i != 100; ++i)
    require(results.get<long>() == i * i, "results come");
  tasks.put(-1);
  require(other.join() == 0, "the child ends");
}

void parent_of_locks(const starter& python) {
  const auto held = mp::lock::create();
  const auto recursive = mp::rlock::create();
  const auto bounded = mp::bounded_semaphore::create(2);
  held.lock();
  child other = python.start("try_locks", held, recursive, bounded);
  require(held.try_lock_for(long_enough), "the child releases it");
  require(other.join() == 0, "the child ends");
}

void parent_of_events(const starter& python) {
  const auto go = mp::event::create();
  const auto done = mp::event::create();
  child other = python.start("wait_for_event", go, done);
  go.set();
  require(done.wait_for(long_enough), "the child sets it");
  require(other.join() == 0, "the child ends");
}

void parent_of_condition(const starter& python) {
  for (const auto& condition :
       {mp::condition::create(), mp::condition::create(mp::lock::create())}) {
    const auto [here, there] = mp::pipe();
    constexpr int times = 20;
    child other = python.start("wait_for_notifications", condition, there, times);
    for (int i = 0; i != times; ++i) {
      require(here.recv<std::string>() == "waiting", "the child waits");
      {
        const std::lock_guard guard(condition);
        condition.notify_one();
      }
      require(here.recv<std::string>() == "notified", "the child goes on");
    }
    require(other.join() == 0, "the child ends");
  }
}

void parent_of_memory(const starter& python) {
  const auto number = mp::value<int>::create(5);
  const auto numbers = mp::array<double>::create(10);
  child one = python.start("add_to_value", number, 1000);
  child two = python.start("fill_array", numbers, 2, 10);
  for (int i = 0; i != 1000; ++i) {
    const std::lock_guard guard(number);
    ++number.get_obj();
  }
  require(one.join() == 0 && two.join() == 0, "the children end");
  require(number.get() == 2005, "nothing is lost");
  require(numbers.get(1) == 0 && numbers.get(9) == 4.5, "the array is filled");
}

void parent_of_types(const starter& python) {
  const auto letter = mp::value<char>::create('\1');
  const auto wide = mp::value<wchar_t>::create_raw(L'\1');
  const auto truth = mp::value<bool>::create_with(true, mp::lock::create());
  const auto unsigned_number = mp::value<unsigned long>::create(1);
  const auto text = mp::array<char>::create(std::span<const char>("abc", 3));
  const auto bytes = mp::array<std::int8_t>::create_raw(2);
  child other = python.start("look_at_types", letter, wide, truth, unsigned_number, text, bytes);
  require(other.join() == 0, "the child ends");
  require(bytes.get(1) == -1, "it has written");
}

void parent_of_structures(const starter& python) {
  const auto one = mp::value<point>::create({1.5, 7});
  const std::vector<point> initial{{1, 2}, {3, 4}};
  const auto several = mp::array<point>::create(initial);
  child other = python.start("move_points", one, several);
  require(other.join() == 0, "the child ends");
  require(one.get().x == 2 && one.get().n == 7, "it has moved one");
  require(several.get(0).n == 3 && several.get(1).x == 3 && several.get(1).n == 5, "and others");
}

void parent_of_barrier(const starter& python) {
  const auto barrier = mp::barrier::create(2);
  const auto [here, there] = mp::pipe();
  child other = python.start("meet", barrier, there, 50);
  for (int i = 0; i != 50; ++i)
    require(barrier.arrive_and_wait() + here.recv<int>() == 1, "each has an index");
  while (barrier.n_waiting() != 1)
    std::this_thread::sleep_for(1ms);
  barrier.abort();
  require(here.recv<std::string>() == "threading.BrokenBarrierError", "the other is told");
  require(barrier.broken(), "it is broken");
  require(other.join() == 0, "the child ends");
}

// What Python logs into a queue is written by spdlog.
void parent_of_logging(const starter& python) {
  spdlog::set_level(spdlog::level::off);  // one error is to be expected
  std::ostringstream written;
  const auto sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(written);
  sink->set_pattern("%n %l %v %s:%!");
  const auto records = mp::queue::create();
  mp::queue_listener listener(records, {sink});
  child other = python.start("log_something", records);
  require(other.join() == 0, "the child ends");
  records.put(std::vector{1});  // no record
  listener.stop();
  require(written.str() ==
              "some.logger warning 3 of 5 program.py:log_something\n"
              "some.logger debug quiet program.py:log_something\n",
          written.str());
}

// Killed with everything open; the tracker cleans up.
void parent_that_dies(const starter& python) {
  const auto queue = mp::joinable_queue::create();
  const auto event = mp::event::create();
  const auto done = mp::event::create();
  const auto segment = mp::shared_memory::create(100);
  child other = python.start("wait_for_event", event, done);
  event.set();
  done.wait();
  ::kill(::getpid(), SIGKILL);
}

void parent_of_segments(const starter& python) {
  const auto segment = mp::shared_memory::create(64 * 10 * sizeof(double));
  const auto numbers = segment.ndarray<double>({10, 64});
  std::iota(numbers.items().begin(), numbers.items().end(), 0.0);
  child other = python.start("square_rows", segment, 2, 10);
  require(other.join() == 0, "the child ends");
  require(numbers(1, 63) == 127 && numbers(2, 0) == 128 * 128 && numbers(9, 63) == 639 * 639,
          "it has squared its rows");
  segment.unlink();
}

void parent_of_list(const starter& python) {
  const auto layout = std::getenv("OLD_LAYOUT") ? mp::shareable_list::layout::lengths
                                                : mp::shareable_list::layout::offsets;
  const auto list = mp::shareable_list::create(
      std::tuple(1, 2.5, true, "text", pickled::as_bytes("bytes"), nullptr), layout);
  child other = python.start("change_list", list);
  require(other.join() == 0, "the child ends");
  require(list.get(0).is_none() && list.get<std::string>(1) == "x" && !list.get<bool>(2) &&
              list.get<std::string>(3) == "\xc3\xa9" &&
              pickled::value_argument(list.get(4)).as_bytes().empty() && list.get<int>(5) == 7,
          "it is changed");
  list.shm().unlink();
}

const std::map<std::string_view, std::function<void(const starter&)>> parents = {
    {"logging", parent_of_logging},
    {"segments", parent_of_segments},
    {"list", parent_of_list},
    {"memory", parent_of_memory},
    {"types", parent_of_types},
    {"barrier", parent_of_barrier},
    {"dies", parent_that_dies},
    {"pipe", parent_of_pipe},
    {"queues", parent_of_queues},
    {"simple_queues", parent_of_simple_queues},
    {"tasks", parent_of_tasks},
    {"locks", parent_of_locks},
    {"events", parent_of_events},
    {"condition", parent_of_condition},
    {"structures", parent_of_structures},
};

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  try {
    if (const auto code = pickled::detail::find_code(words)) return run_child(words, *code);
    parents.at(words.at(2))(starter{words[0], words[1]});
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "channels: " << error.what() << '\n';
    return 1;
  }
}
