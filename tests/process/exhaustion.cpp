// SPDX-License-Identifier: BSL-1.0

// What becomes of everything that needs descriptors when there are none.

#include "pickled/process/listener.hpp"
#include "pickled/process/pipe.hpp"
#include "pickled/process/process.hpp"
#include "pickled/process/queues.hpp"
#include "pickled/process/shareable_list.hpp"
#include "pickled/process/shared_memory.hpp"
#include "pickled/process/sharedctypes.hpp"
#include "pickled/process/synchronize.hpp"
#include "pickled/proxy/server_link.hpp"
#include "process/resource_sharer.hpp"
#include "process/resource_tracker.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <sys/resource.h>
#include <system_error>

using namespace pickled;
using namespace pickled::detail;
using namespace pickled::multiprocessing;

namespace {

// The number of descriptors; the one that looks is not among them.
rlim_t open_files() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<rlim_t>(std::distance(begin(all), end(all))) - 1;
}

// For as long as it lives only descriptors below that number can be had.
class fewer_descriptors {
 public:
  explicit fewer_descriptors(rlim_t below) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit few{below, before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &few);
  }
  ~fewer_descriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  fewer_descriptors(const fewer_descriptors&) = delete;
  fewer_descriptors& operator=(const fewer_descriptors&) = delete;

 private:
  rlimit before_{};
};

}  // namespace

TEST_CASE("without descriptors everything is an error, and nothing is left", "[process]") {
  set_authkey("key");
  // These stay open from the first time on.
  resource_tracker::of_process();
  (void)share_descriptor(0);
  (void)multiprocessing::value<int>::create(1);
  const std::map<std::string, std::function<void()>> all = {
      {"pipe", [] { pipe(true); }},
      {"one-way pipe", [] { pipe(false); }},
      {"lock", [] { lock::create(); }},
      {"condition", [] { condition::create(); }},
      {"event", [] { event::create(); }},
      {"queue", [] { queue::create().put(1); }},
      {"joinable queue", [] { joinable_queue::create().put(1); }},
      {"simple queue", [] { simple_queue::create().put(1); }},
      {"segment", [] { shared_memory::create(100).unlink(); }},
      {"list", [] { shareable_list::create(std::tuple(1, 2)).shm().unlink(); }},
      {"value", [] { multiprocessing::value<int>::create(1); }},
      {"listener", [] { listener("127.0.0.1:0"); }},
      {"process",
       [] {
         process_options options;
         options.spawn.executable = "/bin/true";
         process child(options, "os.getpid");
         child.start();
         child.join();
       }},
  };
  for (const auto& [name, make] : all) {
    INFO(name);
    const rlim_t before = open_files();
    bool made = false;
    for (rlim_t more = 0; !made && more != 16; ++more) {
      const fewer_descriptors few(before + more);
      try {
        make();
        made = true;
      } catch (const std::system_error& error) {
        INFO(error.what());
        CHECK(error.code() == std::errc::too_many_files_open);
      }
    }
    CHECK(made);
    CHECK(open_files() == before);
  }
}
