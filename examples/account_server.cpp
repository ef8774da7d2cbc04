// SPDX-License-Identifier: BSL-1.0

// Serves classes of C++'s to Python and to C++.
// Usage: account_server ADDRESS AUTHKEY, with ADDRESS as HOST:PORT or unix:PATH; it prints where it
// listens. account_server --python-stubs prints a module of Python with what it serves.

#include <pickled/server.hpp>

#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct overdrawn : std::runtime_error {
  using runtime_error::runtime_error;
};

// The mutex is for await_balance alone, which may wait while the other methods are called.
class account {
 public:
  explicit account(std::string owner) : owner_(std::move(owner)) {}

  const std::string& owner() const { return owner_; }
  long balance() const { return balance_; }
  void deposit(long amount) {
    if (amount <= 0) throw std::invalid_argument("an amount is positive");
    change(amount);
  }
  long withdraw(long amount) {
    if (amount > balance_) throw overdrawn("there is not so much");
    change(-amount);
    return balance_;
  }
  void await_balance(long least) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return balance_ >= least; });
  }

 private:
  void change(long by) {
    const std::lock_guard lock(mutex_);
    balance_ += by;
    changed_.notify_all();
  }

  const std::string owner_;
  long balance_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
};

class bank {
 public:
  std::string name = "bank";

  std::shared_ptr<account> open(const std::string& owner) {
    auto& place = accounts_[owner];
    if (place == nullptr) place = std::make_shared<account>(owner);
    return place;
  }
  std::shared_ptr<account> at(const std::string& owner) const { return accounts_.at(owner); }
  std::size_t size() const { return accounts_.size(); }
  bool has(std::string_view owner) const { return accounts_.count(owner) != 0; }
  std::vector<std::string> owners() const {
    std::vector<std::string> all;
    for (const auto& [owner, of] : accounts_)
      all.push_back(owner);
    return all;
  }
  void transfer(std::shared_ptr<account> from, std::shared_ptr<account> to, long amount) {
    from->withdraw(amount);
    to->deposit(amount);
  }

 private:
  std::map<std::string, std::shared_ptr<account>, std::less<>> accounts_;
};

pickled::type_registry served_types() {
  using pickled::arg;
  pickled::type_registry types;
  types.add<account>("Account", "Money of somebody.")
      .constructor<std::string>(arg("owner"))
      .method("deposit", &account::deposit, arg("amount"), "Puts money in.", pickled::brief)
      .method("withdraw", &account::withdraw, arg("amount", 1), "Takes money out: what is left.")
      .method("await_balance", &account::await_balance, arg("least"), pickled::concurrent)
      .method("__repr__", [](const account& a) { return "<account of " + a.owner() + ">"; })
      .property("balance", &account::balance);
  types.add<bank>("Bank")
      .method("open", &bank::open, arg("owner"), "The account of somebody, new or not.")
      .method("transfer", &bank::transfer, arg("from_"), arg("to"), arg("amount"))
      .method("__getitem__", &bank::at)
      .method("__len__", &bank::size)
      .method("__contains__", &bank::has)
      .method("__iter__", &bank::owners)
      .property("name", &bank::name);
  types.exception<overdrawn>("accounts.Overdrawn");
  types.function("version", [] { return "1.0"; });
  return types;
}

int main(int argc, char** argv) {
  if (argc == 2 && argv[1] == std::string_view("--python-stubs")) {
    std::cout << served_types().python_stubs("accounts");
    return 0;
  }
  if (argc != 3) return 2;
  pickled::manager_server_options options{.authkey = argv[2], .stop_on = {SIGINT, SIGTERM}};
  if (const auto error = pickled::address::parse(argv[1], options.address)) {
    std::cerr << argv[1] << ": " << error.message() << '\n';
    return 2;
  }

  pickled::manager_server server(std::move(options), served_types());
  server.publish("bank", std::make_shared<bank>());
  std::cout << server.address().text() << std::endl;
  server.run();
  // Nobody waits any more for a balance that nobody is left to change.
  if (server.is_busy()) std::_Exit(EXIT_SUCCESS);
}
