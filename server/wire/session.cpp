#include "server/wire/session.hpp"

#include "connection/error.hpp"
#include "connection/message.hpp"
#include "connection/reply.hpp"
#include "connection/xml_rpc.hpp"
#include "server/clients/books.hpp"
#include "server/server_functions.hpp"

#include <asio/experimental/awaitable_operators.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>
#include <variant>

namespace pickled {

namespace {

// Freezing this many bytes may take milliseconds, where arguments share their parts.
constexpr std::size_t heavy_message = std::size_t{16} << 10;
// Replies to pipelined requests that are sent together.
constexpr std::size_t most_replies = 256;
// How often a peer is asked whether it is there, if what it sent ahead fills its buffer.
constexpr std::chrono::seconds look_for_end{1};

// A call whose session ended before it was decided, or before its reply was written.
struct abandoned_call {
  waiter& w;
  const bool& answered;

  ~abandoned_call() {
    if (!answered) w.home()->withdraw(w);
  }
};

}  // namespace

session::session(asio::io_context& context, descriptor socket, session_environment& shared)
    : shared_(shared),
      connection_(context, std::move(socket)),
      owner_{++shared.sessions, {}},
      tokens_(connection_.local(), connection_.local().is_loopback()
                                       ? std::optional(shared.host.options.authkeys.front())
                                       : std::nullopt),
      requests_(shared.host, tokens_),
      suspension_(std::make_shared<suspension>(context)),
      wake_([woken = suspension_] { woken->settle(); }),
      self_(std::make_shared<session*>(this)) {}

session::~session() {
  if (!shared_.ending) grants_.give_back();
  if (account_ != nullptr) shared_.peers.leave(*account_);
}

void session::stop() noexcept {
  if (!writing_) connection_.close();
}

asio::awaitable<void> session::run() {
  // GCC 12 miscompiles what is awaited in an operand of && or ||: each stands alone, here and
  // below.
  bool going_on = co_await authenticate();
  if (going_on) {
    enter();
    going_on = co_await serve_command();
  }
  if (going_on) co_await serve_client();
  connection_.close();
}

// Only now is it certain that the process which connected lived when it is looked at.
void session::enter() {
  const auto peer = credentials_of_peer(connection_.native_handle());
  const auto executor = suspension_->get_executor();
  const auto orphaned = [executor, self = std::weak_ptr(self_)] {
    asio::post(executor, [self] {
      if (const auto alive = self.lock())
        (*alive)->grants_.look_for_reader((*alive)->connection_.native_handle());
    });
  };
  account_ =
      shared_.peers.enter(owner_.session, peer ? peer->pid : 0, connection_.peer(), orphaned);
  owner_.process = account_->self.who.process;
}

asio::awaitable<bool> session::authenticate() {
  handshake exchange =
      handshake::accepting(shared_.host.options.authkeys, handshake::random_nonce());
  const std::error_code error =
      co_await connection_.authenticate(exchange, shared_.host.options.handshake_timeout);
  connection_.set_limit(shared_.host.options.max_message);
  if (!error) co_return true;
  if (error == std::errc::operation_canceled || error == connection_errc::end_of_file)
    co_return false;
  spdlog::warn("{}: handshake failed: {}", connection_.peer(),
               exchange.error() ? exchange.failure() : error.message());
  if (error.category() == connection_category()) {
    answer(traceback_reply("handle_request", error_line(error)));
    co_await flush();
  }
  co_return false;
}

// Goes on where the connection becomes one for proxies.
asio::awaitable<bool> session::serve_command() {
  bytes_view message;
  for (;;) {
    const auto status = connection_.next(message);
    if (status == frame_reader::status::message) break;
    const bool going_on =
        status == frame_reader::status::too_long ? co_await refuse_length() : co_await read_some();
    if (!going_on) co_return false;
  }
  if (message.empty()) co_return false;
  command_result result;
  if (auto request = co_await read_request(message)) {
    const bool heavy = shares_parts(*request);
    std::function<void()> run = [&] { result = run_command(shared_.host, std::move(*request)); };
    if (heavy)
      co_await work(std::move(run));
    else
      run();
  }
  if (result.reference.by > 0) shared_.peers.counted(*account_, result.reference.ident);
  if (result.reference.by < 0) shared_.peers.uncounted(*account_, result.reference.ident);
  for (spliced& reply : result.replies)
    answer(std::move(reply));
  const bool sent = co_await flush();
  result.released.reset();
  if (result.then == command_result::action::shut_down) shared_.shut_down();
  co_return sent&& result.then == command_result::action::serve_client;
}

asio::awaitable<void> session::serve_client() {
  serving_proxies_ = true;
  bool going_on = true;
  while (going_on) {
    bytes_view message;
    switch (connection_.next(message)) {
      case frame_reader::status::message: going_on = co_await serve(message); break;
      case frame_reader::status::too_long: going_on = co_await refuse_length(); break;
      case frame_reader::status::need_more:
        going_on = co_await flush();
        if (going_on) going_on = co_await read_some();
        break;
    }
  }
}

asio::awaitable<bool> session::serve(bytes_view message) {
  if (message.empty()) {
    // CPython's server takes it for the end of the stream.
    co_await flush();
    co_return false;
  }
  std::optional<frozen_request> request = co_await read_request(message);
  if (!request) co_return true;

  // Whoever shares a connection with the dead since a fork, and goes on with it, is not known.
  if (shared_.peers.is_orphan(*account_) && !connection_.hung_up()) {
    shared_.peers.disown(*account_);
    owner_.process = {};
  }
  suspension_->begin();
  proxy_call call(shared_.host, std::move(*request), owner_, tokens_, wake_);
  if (call.object() != nullptr) shared_.peers.called(*account_, call.object()->ident);
  if (call.heavy())
    co_await work([&] { call.run(); });
  else
    call.run();
  if (const std::shared_ptr<waiter>& w = call.waiting()) {
    shared_.peers.acquired(*account_, w->home(), *call.object());
    if (!w->at_once()) {
      const bool decided = co_await suspend(*w);
      if (!decided) co_return false;
    }
    grants_.add(w);
  }
  if (call.created() != nullptr) shared_.peers.counted(*account_, call.created()->ident);
  co_await answer_call(call.reply());
  if (replies_.size() >= most_replies) co_return co_await flush();
  co_return true;
}

// Until the call is decided, or the peer gone. What was answered before goes out first.
asio::awaitable<bool> session::suspend(waiter& w) {
  bool answered = false;
  const abandoned_call guard{w, answered};
  const bool sent = co_await flush();
  if (!sent) co_return false;
  std::optional<steady_time> deadline = w.deadline();
  while (!suspension_->settled()) {
    const bool room = connection_.buffered() < frame_reader::read_ahead;
    steady_time until = deadline.value_or(steady_time::max());
    if (!room) until = std::min(until, std::chrono::steady_clock::now() + look_for_end);
    const std::error_code error = co_await read_or_wake(until, room);
    if (error || (!room && connection_.hung_up())) {
      log_end(error);
      co_return false;
    }
    if (deadline && std::chrono::steady_clock::now() >= *deadline) {
      deadline.reset();
      w.home()->expire(w);
    }
  }
  answered = true;
  co_return true;
}

// One read, where there is room for what may come; it ends without one at `until` or when woken.
asio::awaitable<std::error_code> session::read_or_wake(steady_time until, bool room) {
  using namespace asio::experimental::awaitable_operators;
  suspension_->set_alarm(until);
  if (!room) {
    co_await suspension_->sleep();
    co_return std::error_code();
  }
  const auto first = co_await (connection_.read_some() || suspension_->sleep());
  if (first.index() == 1) co_return std::error_code();
  const std::error_code error = std::get<0>(first);
  if (!error || error == connection_errc::end_of_file) delivered();
  co_return error;
}

// Runs `task` where it holds up nobody.
asio::awaitable<void> session::work(std::function<void()> task) {
  suspension_->begin();
  asio::post(shared_.workers, [task = std::move(task), wake = wake_] {
    task();
    wake();
  });
  while (!suspension_->settled())
    co_await read_or_wake(steady_time::max(), false);
}

asio::awaitable<bool> session::read_some() {
  std::error_code error;
  if (shared_.host.options.idle_timeout.count() == 0) {
    error = co_await connection_.read_some();
    if (!error || error == connection_errc::end_of_file) delivered();
  } else {
    error =
        co_await read_before(std::chrono::steady_clock::now() + shared_.host.options.idle_timeout);
  }
  if (error) log_end(error);
  co_return !error;
}

// timed_out where nothing comes until then.
asio::awaitable<std::error_code> session::read_before(steady_time deadline) {
  const std::size_t before = connection_.buffered();
  suspension_->begin();
  for (;;) {
    // It may also be woken by what it waited for earlier.
    const std::error_code error = co_await read_or_wake(deadline, true);
    if (error || connection_.buffered() != before) co_return error;
    if (std::chrono::steady_clock::now() >= deadline)
      co_return make_error_code(std::errc::timed_out);
  }
}

asio::awaitable<bool> session::flush() {
  if (replies_.empty()) co_return true;
  writing_ = true;
  const std::error_code error = co_await connection_.write(replies_);
  writing_ = false;
  replies_.clear();
  if (error) log_end(error);
  co_return !error && !shared_.ending;
}

asio::awaitable<bool> session::refuse_length() {
  spdlog::warn("{}: a message of {} bytes is longer than {}", connection_.peer(),
               connection_.announced(), shared_.host.options.max_message);
  answer(traceback_reply("recv", error_line(connection_errc::message_too_long)));
  connection_.discard();
  co_return co_await flush();
}

// What cannot be read is answered here.
asio::awaitable<std::optional<frozen_request>> session::read_request(bytes_view message) {
  speaks_xml_ = is_xml_rpc(message);
  std::variant<frozen_request, refused_request> read;
  if (message.size() < heavy_message)
    read = requests_.read(message);
  else
    co_await work([&] { read = requests_.read(message); });
  if (auto* const request = std::get_if<frozen_request>(&read)) co_return std::move(*request);
  refuse(std::get<refused_request>(read));
  co_return std::nullopt;
}

void session::refuse(const refused_request& request) {
  if (request.exception && serving_proxies_) {
    answer(make_error_reply(*request.exception));
    return;
  }
  spdlog::warn("{}: bad request: {}", connection_.peer(), request.line);
  answer(traceback_reply("serve_client", request.line));
}

// In the language of the last request.
void session::answer(spliced reply) {
  replies_.push_back(speaks_xml_ ? in_xml(reply) : std::move(reply));
}

// What shares its parts in a pickle is written out in XML, however large that is.
asio::awaitable<void> session::answer_call(spliced reply) {
  if (speaks_xml_) co_await work([&] { reply = in_xml(reply); });
  replies_.push_back(std::move(reply));
}

spliced session::in_xml(const spliced& reply) const {
  // As CPython's server says what it cannot send, on each sort of connection.
  const reply_kind failure = serving_proxies_ ? reply_kind::unserializable : reply_kind::traceback;
  return xml_rpc_of_reply(reply, failure, shared_.host.options.max_message);
}

// The peer has read everything that was sent to it.
void session::delivered() noexcept {
  grants_.delivered();
  tokens_.forget_written();
}

void session::log_end(std::error_code error) const {
  if (error == std::errc::operation_canceled || error == connection_errc::end_of_file) return;
  spdlog::info("{}: {}", connection_.peer(), error.message());
}

}  // namespace pickled
