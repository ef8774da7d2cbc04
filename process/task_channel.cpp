// SPDX-License-Identifier: BSL-1.0

#include "process/task_channel.hpp"

#include "connection/error.hpp"
#include "pickled/connection/frame.hpp"
#include "pickled/convert/convert.hpp"
#include "pickled/process/pipe.hpp"
#include "pickled/process/queues.hpp"
#include "pickled/process/reduction.hpp"
#include "pickled/value/as_call.hpp"

#include <errno.h>
#include <limits>
#include <memory>
#include <system_error>
#include <unistd.h>

namespace pickled {

namespace {

using multiprocessing::connection;
using multiprocessing::simple_queue;

constexpr global_name simple_queue_class{"multiprocessing.queues", "SimpleQueue"};

bool means_the_end(const std::system_error& error) {
  // Whatever is wrong with it, CPython's worker takes it for the end too.
  return error.code().category() == std::system_category() ||
         error.code() == connection_errc::end_of_file;
}

// Reads messages ahead, as nobody else takes any.
class private_stream {
 public:
  explicit private_stream(connection from)
      : from_(std::move(from)), reader_(std::numeric_limits<std::uint64_t>::max()) {}

  std::optional<bytes_view> next() {
    bytes_view message;
    while (reader_.next(message) != frame_reader::status::message) {
      const std::span<std::byte> room = reader_.prepare();
      const ssize_t count = ::read(from_.fileno(), room.data(), room.size());
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return std::nullopt;
      reader_.commit(static_cast<std::size_t>(count));
    }
    return message;
  }

 private:
  connection from_;
  frame_reader reader_;
};

// Whether the queue has no lock that processes share, so that it has one reader.
bool is_private(value_view queue) {
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
  if (is_private(in)) {
    auto stream = std::make_shared<private_stream>(end_of(in, 0));
    made.get_ = [stream] { return stream->next(); };
    made.put_ = [to = end_of(out, 1)](bytes_view message) { to.send_bytes(message); };
    return made;
  }
  auto tasks = in.get<simple_queue>();
  // As long as this end is open, the end of the pool is not seen.
  tasks.writer().close();
  made.get_ = reading(std::move(tasks));
  made.put_ = writing(out.get<simple_queue>());
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

}  // namespace pickled
