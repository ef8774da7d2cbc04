// SPDX-License-Identifier: BSL-1.0

#include "pickled/server/manager_server.hpp"

#include "server/classes/served_types.hpp"
#include "server/server.hpp"

#include <asio/signal_set.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <pthread.h>
#include <stdexcept>

namespace pickled::inline v0::detail {

namespace {

server_options options_of(manager_server_options& given) {
  if (given.authkey.empty()) throw std::invalid_argument("the authkey is empty");
  server_options options;
  options.addresses = {std::move(given.address)};
  options.authkeys = {std::move(given.authkey)};
  options.threads = std::max(1U, given.io_threads);
  options.program_threads = given.call_threads;
  options.max_memory = given.max_memory;
  options.remote_shutdown = given.remote_shutdown;
  return options;
}

// A method that is brief runs on the thread that reads requests, which is not to end with it.
class without_cancellation {
 public:
  without_cancellation() noexcept { ::pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before_); }
  ~without_cancellation() { ::pthread_setcancelstate(before_, nullptr); }
  without_cancellation(const without_cancellation&) = delete;
  without_cancellation& operator=(const without_cancellation&) = delete;

 private:
  int before_ = 0;
};

registry all_types(const served_types& of_program, bool sync_manager_types) {
  registry all = sync_manager_types ? sync_manager_registry() : registry();
  of_program.register_all(all);
  return all;
}

}  // namespace

}  // namespace pickled::inline v0::detail

PICKLED_BEGIN_NAMESPACE

struct manager_server::implementation {
  implementation(manager_server_options& options, type_registry registered)
      : types(std::make_shared<detail::served_types>(std::move(registered))),
        serving(detail::options_of(options), detail::all_types(*types, options.sync_manager_types)),
        signals(serving.event_loop()) {
    types->serve_in([this](std::string_view ident) { return serving.find(ident); }, coroutines);
    for (const int number : options.stop_on)
      signals.add(number);
  }

  // A coroutine that ends tells a session, and no session is left when `serving` is gone.
  ~implementation() { coroutines.join(); }

  const std::shared_ptr<detail::served_types> types;
  detail::coroutine_thread coroutines;
  detail::server serving;
  asio::signal_set signals;
};

manager_server::manager_server(manager_server_options options, type_registry types)
    : implementation_(std::make_unique<implementation>(options, std::move(types))) {}

manager_server::~manager_server() = default;

address manager_server::address() const {
  return implementation_->serving.addresses().front();
}

void manager_server::publish_object(std::string_view name, detail::served_pointer object) {
  const detail::served_types& types = *implementation_->types;
  auto hosted = types.host(object);
  implementation_->serving.publish(std::string(name), types.find(object.type)->registered,
                                   std::move(hosted));
}

void manager_server::publish(std::string_view name, std::string_view type_id) {
  const detail::registered_type* const type = implementation_->serving.types().find(type_id);
  if (type == nullptr || !type->create)
    throw std::invalid_argument(fmt::format("no typeid '{}' of which objects are made", type_id));
  detail::arguments none;
  implementation_->serving.publish(std::string(name), *type, type->create(none));
}

bool manager_server::is_busy() const {
  return implementation_->serving.is_busy();
}

void manager_server::run() {
  const detail::without_cancellation whole;
  implementation_->signals.async_wait([this](std::error_code error, int) {
    if (!error) implementation_->serving.stop();
  });
  implementation_->serving.run();
  implementation_->signals.clear();
  implementation_->serving.remove_files();
}

void manager_server::stop() {
  implementation_->serving.stop();
}

PICKLED_END_NAMESPACE
