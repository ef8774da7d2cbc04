// SPDX-License-Identifier: BSL-1.0

#include "process/task_channel.hpp"

#include "pickled/connection/connection_errc.hpp"
#include "pickled/convert/convert.hpp"
#include "pickled/process/pipe.hpp"
#include "pickled/process/queues.hpp"
#include "pickled/process/reduction.hpp"
#include "pickled/value/as_call.hpp"

#include <memory>
#include <system_error>

namespace pickled::inline v0::detail {

namespace {

using multiprocessing::connection;
using multiprocessing::simple_queue;

constexpr global_name simple_queue_class{"multiprocessing.queues", "SimpleQueue"};

bool means_the_end(const std::system_error& error) {
  // Whatever is wrong with it, CPython's worker takes it for the end too.
  return error.code().category() == std::system_category() ||
         error.code() == connection_errc::end_of_file;
}

// Whether the queue has no lock that processes share, so that it has one reader.
bool has_one_reader(value_view queue) {
  const auto state = multiprocessing::state_items(queue, simple_queue_class, 4);
  return as_call(state[2], {"contextlib", "nullcontext"}) != nullptr;
}

connection end_of(value_view queue, std::size_t position) {
  const auto state = multiprocessing::state_items(queue, simple_queue_class, 4);
  return state[position].get<connection>();
}

template <class Queue>
std::function<std::optional<bytes_view>()> reading(Queue queue) {
  auto message = std::make_shared<buffer>();
  return [queue = std::move(queue), message]() -> std::optional<bytes_view> {
    try {
      *message = queue.get_bytes();
      return message->view();
    } catch (const std::system_error& error) {
      if (means_the_end(error)) return std::nullopt;
      throw;
    }
  };
}

std::function<void(bytes_view)> writing(simple_queue queue) {
  queue.reader().close();
  return [queue = std::move(queue)](bytes_view message) { queue.put_bytes(message); };
}

value_view queue_argument(std::span<const value_view> args, std::size_t position) {
  if (position >= args.size()) throw conversion_error("a queue", "nothing");
  return args[position];
}

}  // namespace

task_channel task_channel::of_pool(std::span<const value_view> args) {
  const value_view in = queue_argument(args, 0);
  const value_view out = queue_argument(args, 1);
  task_channel made;
  if (has_one_reader(in)) {
    // Nothing is read ahead: what waits in the stream is not ours yet.
    struct stream {
      connection from;
      buffer get_bytes() const { return from.recv_bytes(); }
    };
    made.private_ = true;
    made.get_ = reading(stream{end_of(in, 0)});
    made.put_ = [to = end_of(out, 1)](bytes_view message) { to.send_bytes(message); };
    return made;
  }
  auto tasks = in.get<simple_queue>();
  // As long as this end is open, the end of the pool is not seen.
  tasks.writer().close();
  auto results = out.get<simple_queue>();
  // A parent of CPython's takes both locks to end the pool.
  struct shared {
    simple_queue from;
    simple_queue beside;
    buffer get_bytes() const {
      return from.get_bytes([this] { beside.free_writers(); });
    }
  };
  made.get_ = reading(shared{std::move(tasks), results});
  made.put_ = writing(std::move(results));
  return made;
}

task_channel task_channel::of_executor(std::span<const value_view> args) {
  struct calls {
    multiprocessing::queue from;
    buffer get_bytes() const { return *from.get_bytes(std::nullopt); }
  };
  task_channel made;
  made.get_ = reading(calls{queue_argument(args, 0).get<multiprocessing::queue>()});
  made.put_ = writing(queue_argument(args, 1).get<simple_queue>());
  return made;
}

}  // namespace pickled::inline v0::detail
