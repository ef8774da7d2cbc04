// SPDX-License-Identifier: BSL-1.0

#include "server/wire/session.hpp"

#include "connection/message.hpp"
#include "connection/message_too_long.hpp"
#include "connection/reply.hpp"
#include "connection/thread_name.hpp"
#include "connection/xml_rpc.hpp"
#include "pickled/connection/connection_errc.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <new>
#include <utility>

namespace pickled::inline v0::detail {

namespace {

// Freezing this many bytes may take milliseconds, and less than that less than a worker costs.
constexpr std::size_t heavy_message = std::size_t{128} << 10;
// Replies to pipelined requests are sent together up to so many bytes, shared blocks included.
constexpr std::size_t most_unsent = std::size_t{1} << 20;
// What a reply takes here besides its bytes.
constexpr std::size_t reply_overhead = 256;
// The server's functions take one argument, besides the two that CPython's have: of `decref` it
// must not fail.
constexpr std::size_t most_of_command = 3;
// How often a peer is asked whether it is there, if what it sent ahead fills its buffer.
constexpr std::chrono::seconds look_for_end{1};
// How often it is asked for whether what was sent has arrived, once the peer has ended.
constexpr std::chrono::milliseconds look_for_arrival{10};

// What a request that failed for no reason of its own is answered.
python_error error_of(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const python_error& error) {
    return error;
  } catch (const std::bad_alloc&) {
    return python_error("MemoryError");
  } catch (const std::exception& error) {
    return {"SystemError", std::string_view(error.what())};
  } catch (...) {
    return {"SystemError", "something that is no exception was thrown"};
  }
}

// All connections of one process, or of one machine, are one client's.
worker_pool::client client_of(const process_identity& process, std::string_view peer) {
  if (process.pid != 0) return static_cast<worker_pool::client>(process.pid);
  return std::hash<std::string_view>()(peer.substr(0, peer.rfind(':')));
}

// Whether the peer just is not there any more, in the middle of a message or not.
bool went_away(std::error_code error) noexcept {
  return error == std::errc::operation_canceled || error == connection_errc::end_of_file ||
         error == connection_errc::truncated || error == std::errc::connection_reset ||
         error == std::errc::broken_pipe;
}

}  // namespace

session::session(asio::io_context& loop, descriptor socket, context& shared,
                 std::function<void(session&)> ended)
    : shared_(shared),
      loop_(loop),
      connection_(loop, std::move(socket)),
      owner_{++shared.sessions, {}},
      ended_(std::move(ended)),
      tokens_(connection_.local(), connection_.local().is_loopback()
                                       ? std::optional(shared.options.authkeys.front())
                                       : std::nullopt),
      requests_(shared, tokens_),
      alarm_(loop) {}

template <class Event>
void session::on(Event event) noexcept {
  bool happened = false;
  for (;;) {
    try {
      if (!std::exchange(happened, true)) event();
      return go_on();
    } catch (...) {
      if (!answer_exception()) return end();
    }
  }
}

void session::go_on() {
  for (;;) {
    switch (state_) {
      case state::reading:
        if (!go_on_reading()) return;
        break;
      case state::waiting:
        if (!go_on_waiting()) return;
        break;
      case state::handshake:
        if (!go_on_authenticating()) return;
        break;
      case state::leaving: end_by(read_error_); return;
      case state::working:
      case state::writing:
      case state::ended: return;
    }
  }
}

// Takes one message, or waits for more: then it is false, as where the session has ended. What is
// to be sent goes out first where it is much, so that a peer which reads nothing is served no more.
bool session::go_on_reading() {
  if (unsent_ >= most_unsent && !flush()) return false;
  bytes_view message;
  switch (last_ ? frame_reader::status::need_more : connection_.next(message)) {
    case frame_reader::status::message: take(message); break;
    case frame_reader::status::too_long: refuse_length(); break;
    case frame_reader::status::need_more:
      if (!flush()) return false;
      last_ ? end() : read();
      return false;
  }
  return true;
}

// False where the call is not decided yet. What was answered before goes out first.
bool session::go_on_waiting() {
  if (!flush()) return false;
  if (last_) {
    end();
    return false;
  }
  if (grant_.is_over()) {
    state_ = state::reading;
    given_up_ ? close_request() : on_reply();
    return true;
  }
  if (give_up_for_next()) return true;
  const steady_time now = std::chrono::steady_clock::now();
  if (deadline_ && now >= *deadline_) {
    deadline_.reset();
    waiter& w = *call_->waiting();
    w.home()->expire(w);
    return true;
  }
  const bool room = !pipelines_ || connection_.buffered() < frame_reader::read_ahead;
  if (!room && connection_.hung_up()) {
    end();
    return false;
  }
  steady_time until = deadline_.value_or(steady_time::max());
  if (!room) until = std::min(until, now + look_for_end);
  set_alarm(until);
  if (room) read();
  return false;
}

// Whether the peer asks for something else meanwhile, and so does not wait for this call.
bool session::give_up_for_next() {
  if (pipelines_ || given_up_) return false;
  waiter& w = *call_->waiting();
  if (w.takes_back()) {
    if (connection_.buffered() == 0) return false;
    deadline_.reset();
    given_up_ = true;
    w.home()->expire(w);
    return true;
  }
  bytes_view message;
  const auto status = connection_.next(message);
  if (status == frame_reader::status::need_more) return false;
  spdlog::debug("{}: {} is given up for another request", connection_.peer(), call_->name());
  w.give_up();
  withdraw_request();
  state_ = state::reading;
  status == frame_reader::status::message ? take(message) : refuse_length();
  return true;
}

void session::begin() noexcept {
  on([this] {
    replies_.reserve(1);
    request_.args.reserve(most_of_command);
    exchange_.emplace(handshake::accepting(shared_.options.authkeys, handshake::random_nonce()));
    silent_until_ = std::chrono::steady_clock::now() + shared_.options.handshake_timeout;
    set_alarm(*silent_until_);
    advance(exchange_->begin());
  });
}

// False where the peer has not said more yet.
bool session::go_on_authenticating() {
  if (!flush()) return false;
  if (last_) {
    end();
    return false;
  }
  bytes_view message;
  switch (connection_.next(message)) {
    case frame_reader::status::message: advance(exchange_->feed(message)); return true;
    case frame_reader::status::too_long:
      authenticated(connection_errc::message_too_long);
      return true;
    case frame_reader::status::need_more: break;
  }
  if (read_error_) {
    authenticated(read_error_);
    return true;
  }
  read();
  return false;
}

// Tells the peer what it is to be told. The handshake may be over then.
void session::advance(handshake::action next) {
  const bytes_view output = exchange_->output();
  if (!output.empty()) connection_.add(output);
  unsent_ += output.size();
  if (next != handshake::action::receive) authenticated(exchange_->error());
}

void session::authenticated(std::error_code error) {
  state_ = state::reading;
  silent_until_.reset();
  connection_.set_limit(shared_.options.max_message);
  if (!error) {
    exchange_.reset();
    return enter();
  }
  spdlog::log(went_away(error) ? spdlog::level::debug : spdlog::level::warn,
              "a stranger, {}: handshake failed: {}", connection_.peer(),
              exchange_->error() ? exchange_->failure() : error.message());
  if (went_away(error) || error.category() != connection_category()) return end();
  answer(traceback_reply("handle_request", error_line(error)));
  last_ = true;
}

// Only now is it certain that the process which connected lived when it is looked at.
void session::enter() {
  const auto peer = credentials_of_peer(connection_.native_handle());
  const auto orphaned = [&loop = loop_, self = weak_from_this()] {
    asio::post(loop, [self] {
      const auto alive = self.lock();
      if (alive == nullptr || alive->state_ == state::ended) return;
      alive->on([&] { alive->grants_.look_for_reader(alive->connection_.native_handle()); });
    });
  };
  account_ =
      shared_.peers.enter(owner_.session, peer ? peer->pid : 0, connection_.peer(), orphaned);
  owner_.process = account_->self.who.process;
  client_ = client_of(owner_.process, connection_.peer());
}

// One at a time; it may have been begun while a call was waiting.
void session::read() {
  if (reading_) return;
  if (read_error_) return end_by(read_error_);
  if (shared_.options.idle_timeout.count() != 0 && state_ == state::reading) {
    silent_until_ = std::chrono::steady_clock::now() + shared_.options.idle_timeout;
    set_alarm(*silent_until_);
  }
  auto done = [self = shared_from_this()](std::error_code error) {
    self->on([&] { self->on_read(error); });
  };
  connection_.async_read_some(handler_within(read_memory_, std::move(done)));
  reading_ = true;
}

void session::on_read(std::error_code error) {
  reading_ = false;
  if (state_ == state::ended) return;
  if (!exchange_) silent_until_.reset();
  const std::size_t memory = connection_.memory();
  received_.set(memory > frame_reader::read_ahead ? memory : 0);
  const bool ended = error == connection_errc::end_of_file;
  if (!error || (ended && connection_.arrival_of_sent() == connection::arrival::complete))
    delivered();
  if (!error) return;
  read_error_ = error;
  if (state_ == state::waiting) end_by(error);
}

void session::set_alarm(steady_time until) {
  if (until == alarm_at_) return;
  alarm_at_ = until;
  alarm_.expires_at(until);
  if (until == steady_time::max()) return;
  auto rung = [self = shared_from_this()](std::error_code error) {
    if (error) return;
    self->on([&] {
      self->alarm_at_ = steady_time::max();
      const auto& limit = self->silent_until_;
      if (!limit || std::chrono::steady_clock::now() < *limit) return;
      const auto late = make_error_code(std::errc::timed_out);
      if (self->exchange_ && self->state_ != state::ended)
        self->authenticated(late);
      else if (self->state_ == state::reading)
        self->end_by(late);
    });
  };
  alarm_.async_wait(handler_within(alarm_memory_, std::move(rung)));
}

// False where the session has ended, or goes on once the socket takes more.
bool session::flush() noexcept {
  if (unsent_ == 0) return true;
  try {
    for (; added_ != replies_.size(); ++added_)
      replies_[added_].end = connection_.add(replies_[added_].message);
    const std::error_code error = connection_.send();
    if (error == std::errc::operation_would_block) {
      auto writable = [self = shared_from_this()](std::error_code failed) {
        self->on([&] {
          if (self->state_ != state::writing) return;
          self->state_ = self->resumed_;
          if (failed) self->end_by(failed);
        });
      };
      connection_.async_wait_writable(handler_within(write_memory_, std::move(writable)));
      resumed_ = std::exchange(state_, state::writing);
      return false;
    }
    if (error) {
      end_by(error);
      return false;
    }
    for (unsent_reply& reply : replies_)
      std::move(reply.message).reuse();
    replies_.clear();
    added_ = 0;
    unsent_ = 0;
    held_.set(0);
    command_.released.reset();
    return true;
  } catch (...) {
    end();
  }
  return false;
}

// Has `task` run where it holds up nobody, and goes on with `then`.
void session::work(worker_pool& on, std::function<void()> task, step then, const void* turn) {
  const wait_point::ticket ticket = work_.next_ticket();
  auto run = [self = shared_from_this(), task = std::move(task), ticket] {
    const auto done = [&self, ticket] {
      self->work_.wake(self->loop_, ticket, [self] { self->on([&] { self->on_work_done(); }); });
    };
    try {
      task();
    } catch (...) {
      self->failure_ = std::current_exception();
      if (self->failure_ == nullptr) {
        // Code of the program has run pthread_exit, or was cancelled: that goes on to the pool.
        self->failure_ = std::make_exception_ptr(
            python_error("RuntimeError", "what was called has ended its thread"));
        done();
        throw;
      }
    }
    done();
  };
  const auto refused = on.post({client_, within_, thread_}, std::move(run), turn);
  if (refused != worker_pool::refusal::none) refuse_turn(refused);
  then_ = then;
  state_ = state::working;
}

void session::refuse_turn(worker_pool::refusal why) const {
  const std::string called = call_ ? call_->name() : request_.method;
  if (why == worker_pool::refusal::circle)
    throw python_error(
        "RuntimeError",
        fmt::format("{} would wait for itself: the object runs a call at a time, and "
                    "the one that it runs waits for this one",
                    called));
  throw python_error("RecursionError", fmt::format("{}: {} calls wait for each other already",
                                                   called, worker_pool::most_nested));
}

// Has `task` run by `on`, or here where that is nullptr, and goes on with `then`.
template <class Task>
void session::perform(worker_pool* on, const Task& task, step then) {
  if (on != nullptr) return work(*on, task, then);
  task();
  (this->*then)();
}

// Where a request is to run; nullptr for here.
worker_pool* session::pool_for(bool loads_values, bool heavy) noexcept {
  if (loads_values) return &shared_.verifying;
  return heavy ? &shared_.workers : nullptr;
}

void session::on_work_done() {
  if (state_ != state::working || !work_.is_over()) return;
  state_ = state::reading;
  if (abandoned_) return end();
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  (this->*then_)();
}

void session::take(bytes_view message) {
  if (message.empty()) {
    // CPython's server takes it for the end of the stream.
    last_ = true;
    return;
  }
  open_ = true;
  speaks_xml_ = is_xml_rpc(message);
  if (serving_proxies_ && !std::exchange(any_request_, true) && connection_.buffered() != 0)
    pipelines_ = true;
  // From here on it counts as what it is stored as.
  received_.set(0);
  memory_ = connection_.release();
  const auto read = [this, message] { refused_ = requests_.read(message, memory_, request_); };
  perform(pool_for(false, message.size() >= heavy_message), read, &session::on_request);
}

void session::on_request() {
  memory_ = buffer();
  if (refused_) return refuse(*refused_);
  // CPython's clients ask for a function of the server on a connection of its own.
  if (serving_proxies_ && !(calls_functions_ && request_.ident.empty())) return call_method();
  const auto run = [this] { command_ = run_command(shared_, std::move(request_)); };
  worker_pool* const on = runs_program(shared_, request_)
                              ? &shared_.programs
                              : pool_for(loads_values(shared_, request_), is_heavy(request_));
  perform(on, run, &session::on_command_done);
}

void session::on_command_done() {
  if (command_.counted != nullptr) count(*command_.counted);
  if (const auto ident = command_.uncounted.as_str()) shared_.peers.uncounted(*account_, *ident);
  if (command_.twice) answer(return_none());
  answer(command_.reply ? *std::move(command_.reply) : return_none(), command_.counted);
  close_request();
  shuts_down_ = command_.then == command_result::action::shut_down;
  if (command_.then == command_result::action::serve_client) {
    serving_proxies_ = true;
    pipelines_ = command_.pipelines;
    calls_functions_ = command_.pipelines;
    thread_ = std::move(command_.thread);
    within_ = is_thread_of_process(thread_);
  }
  last_ = last_ || !serving_proxies_ || shuts_down_;
}

void session::call_method() {
  // Whoever shares a connection with the dead since a fork, and goes on with it, is not known.
  if (shared_.peers.is_orphan(*account_) && !connection_.hung_up()) shared_.peers.disown(*account_);
  owner_.process = shared_.peers.process_of(*account_);
  const auto make_wake = [this]() -> std::function<void()> {
    return [self = shared_from_this(), ticket = grant_.next_ticket()] {
      self->grant_.wake(self->loop_, ticket, [self] { self->on([] {}); });
    };
  };
  call_.emplace(shared_, request_, owner_, tokens_, make_wake);
  if (call_->object() != nullptr) shared_.peers.called(*account_, call_->object()->ident);
  if (call_->may_wait()) shared_.peers.may_acquire(*account_, *call_->object());
  const auto run = [this] { call_->run(); };
  if (call_->runs_program()) {
    if (call_->is_brief() && run_briefly(run)) return on_method_done();
    return work(shared_.programs, run, &session::on_method_done, call_->turn());
  }
  perform(pool_for(call_->loads_values(), call_->heavy()), run, &session::on_method_done);
}

// False where another call of the object is running.
bool session::run_briefly(const std::function<void()>& run) {
  try {
    return shared_.programs.run_here(run, call_->turn());
  } catch (...) {
    if (std::current_exception() != nullptr) throw;
    spdlog::critical("{}, which is brief, has ended the thread that reads requests", call_->name());
    std::abort();
  }
}

void session::on_method_done() {
  const std::shared_ptr<waiter>& w = call_->waiting();
  if (w == nullptr) return on_reply();
  shared_.peers.acquired(*account_, w->home());
  if (w->at_once()) return on_reply();
  deadline_ = w->deadline();
  state_ = state::waiting;
}

// The call is decided, or had nothing to wait for.
void session::on_reply() {
  reply_ = call_->reply();
  if (call_->created() != nullptr) count(*call_->created());
  // What shares its parts in a pickle is written out in XML, however large that is.
  if (!speaks_xml_) return on_xml();
  work(
      shared_.workers,
      [this] {
        xml_reply written = in_xml(reply_);
        reply_ = std::move(written.message);
        untold_ = !written.told;
      },
      &session::on_xml);
}

// `reply_` is in the language of the peer. Nothing is granted before it is certain to be told.
void session::on_xml() {
  const std::shared_ptr<waiter>& w = call_->waiting();
  if (w != nullptr) grants_.reserve();
  add_reply(std::move(reply_), call_->created());
  const bool untold = std::exchange(untold_, false);
  if (w != nullptr && untold) {
    // An item of a queue, say, that XML has no form for stays in the queue.
    w->home()->withdraw(*w);
  } else if (w != nullptr) {
    grants_.add(w);
  }
  close_request();
}

// The object table has counted one more reference for the peer, which is to be told of it.
void session::count(const referent& object) {
  shared_.peers.counted(*account_, object.ident);
  counted_ = true;
}

// The peer was not told of it, and so does not have it.
void session::uncount(const referent& object, bool of_process) noexcept {
  if (of_process) shared_.peers.uncounted(*account_, object.ident);
  shared_.objects.decref(object.ident);
}

void session::close_request() noexcept {
  call_.reset();
  given_up_ = false;
  deadline_.reset();
  command_.counted.reset();
  counted_ = false;
  open_ = false;
}

// Nobody will be told what came of it: what it was granted is given back, and a reference that it
// counted as well.
void session::withdraw_request() noexcept {
  try {
    if (call_ && call_->waiting() != nullptr) {
      waiter& w = *call_->waiting();
      w.home()->withdraw(w);
    }
    if (command_.counted != nullptr) uncount(*command_.counted, counted_);
    if (call_ && call_->created() != nullptr) uncount(*call_->created(), counted_);
  } catch (const std::exception& e) {
    spdlog::error("{}: what came of a request is lost: {}", connection_.peer(), e.what());
  }
  close_request();
}

void session::refuse_length() {
  spdlog::warn("{}: a message of {} bytes is longer than {}", connection_.peer(),
               connection_.announced(), shared_.options.max_message);
  const message_too_long error(connection_.announced(), shared_.options.max_message);
  answer(traceback_reply("recv", fmt::format("{}: {}", error_line(error.code()), error.text())));
  connection_.discard();
}

// What cannot be read is answered here.
void session::refuse(const refused_request& request) {
  last_ = last_ || !serving_proxies_;
  if (request.exception && serving_proxies_) {
    answer(make_error_reply(*request.exception));
  } else {
    spdlog::warn("{}: bad request: {}", connection_.peer(), request.line);
    answer(traceback_reply("serve_client", request.line));
  }
  open_ = false;
}

// In the language of the last request.
void session::answer(spliced reply, std::shared_ptr<referent> counted) {
  add_reply(speaks_xml_ ? in_xml(reply).message : std::move(reply), std::move(counted));
}

void session::add_reply(spliced reply, std::shared_ptr<referent> counted) {
  const std::size_t size = reply.size();
  const std::size_t own_size = reply.own_size();
  const bool now = size <= frame_writer::copied_size && counted == nullptr && replies_.empty();
  if (now && add_copy(reply))
    std::move(reply).reuse();
  else
    replies_.push_back({std::move(reply), std::move(counted), UINT64_MAX});
  unsent_ += size + reply_overhead;
  held_.set(held_.bytes() + own_size + reply_overhead);
}

// False where there is no memory for it. What a call has done may not be answered by an error.
bool session::add_copy(const spliced& reply) noexcept {
  try {
    connection_.add(reply);
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

// Of what the system has not taken as a whole the peer knows nothing.
void session::withdraw_unsent() noexcept {
  for (const unsent_reply& reply : replies_)
    if (reply.counted != nullptr && connection_.sent() < reply.end) uncount(*reply.counted, true);
  replies_.clear();
}

xml_reply session::in_xml(const spliced& reply) const {
  // As CPython's server says what it cannot send, on each sort of connection.
  const reply_kind failure = serving_proxies_ ? reply_kind::unserializable : reply_kind::traceback;
  return xml_rpc_of_reply(reply, failure, shared_.options.max_message);
}

// Of the exception that is being handled: false where nobody waits for an answer, or none can be
// given. What the call was granted is given back.
bool session::answer_exception() noexcept {
  // A Condition's lock that was let go of is to be taken back, and not to be told as lost.
  const bool takes_back = call_ && call_->waiting() != nullptr && call_->waiting()->takes_back();
  const bool answerable =
      open_ && !takes_back && (state_ == state::reading || state_ == state::waiting);
  try {
    const python_error error = error_of(std::current_exception());
    spdlog::error("{}: {}", connection_.peer(), error_line(error));
    if (!answerable) return false;
    withdraw_request();
    state_ = state::reading;
    last_ = last_ || !serving_proxies_;
    answer(serving_proxies_ ? make_error_reply(error)
                            : traceback_reply("handle_request", error_line(error)));
    return true;
  } catch (...) {
    return false;
  }
}

// The peer has read everything that was sent to it.
void session::delivered() noexcept {
  grants_.delivered();
  tokens_.forget_written();
}

void session::stop() noexcept {
  if (state_ == state::working || state_ == state::writing)
    last_ = true;
  else
    end();
}

void session::end() noexcept {
  if (state_ == state::ended) return;
  connection_.close();
  if (state_ == state::working && !shared_.workers.joined()) {
    abandoned_ = true;
    return;
  }
  state_ = state::ended;
  withdraw_request();
  withdraw_unsent();
  try {
    if (!shared_.ending) grants_.give_back();
  } catch (const std::exception& e) {
    spdlog::error("{}: what it did not read is lost: {}", connection_.peer(), e.what());
  }
  delivered();
  if (account_ != nullptr) shared_.peers.leave(*account_);
  account_.reset();
  alarm_.cancel();
  held_.set(0);
  received_.set(0);
  command_ = {};
  memory_ = buffer();
  request_ = {};
  reply_ = {};
  if (shuts_down_ && shared_.shut_down) shared_.shut_down();
  ended_(*this);
}

void session::end_by(std::error_code error) {
  if (error == connection_errc::end_of_file && is_arriving()) return;
  log_end(error);
  end();
}

// Whether something was granted to a peer that has ended, and may not have been there any more to
// be told: what arrived is known later, and then the session ends.
bool session::is_arriving() {
  if (!grants_.pending() || shared_.ending) return false;
  const auto arrival = connection_.arrival_of_sent();
  if (arrival == connection::arrival::complete) delivered();
  if (arrival != connection::arrival::unknown) return false;
  withdraw_request();
  state_ = state::leaving;
  set_alarm(std::chrono::steady_clock::now() + look_for_arrival);
  return true;
}

void session::log_end(std::error_code error) const noexcept {
  spdlog::log(went_away(error) ? spdlog::level::debug : spdlog::level::info, "{}: {}",
              connection_.peer(), error.message());
}

}  // namespace pickled::inline v0::detail
