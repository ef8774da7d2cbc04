// SPDX-License-Identifier: BSL-1.0

#include "pickled/process/shared_memory.hpp"

#include "pickled/connection/digest.hpp"
#include "pickled/connection/socket.hpp"
#include "pickled/python/python_error.hpp"
#include "pickled/value/as_call.hpp"
#include "process/resource_tracker.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

PICKLED_BEGIN_NAMESPACE
namespace multiprocessing {

namespace {

constexpr global_name segment_class{"multiprocessing.shared_memory", "SharedMemory"};
constexpr int most_segment_names = 100;  // that are tried before it is given up

// "psm_" and eight hexadecimal digits: shared_memory._make_filename.
std::string make_segment_name() {
  std::array<std::byte, 4> random;
  detail::fill_random(random);
  std::string name = "psm_";
  for (const std::byte byte : random)
    name += fmt::format("{:02x}", std::to_integer<unsigned>(byte));
  return name;
}

[[noreturn]] void fail(std::string_view what, const std::string& name) {
  throw std::system_error(detail::last_error(),
                          fmt::format("cannot {} the shared memory {}", what, name));
}

// A file of a full file system is as long as one likes, and whoever touches it dies.
bool has_room(int file, std::size_t size) noexcept {
  struct statvfs about {};
  if (::fstatvfs(file, &about) != 0 || about.f_blocks == 0) return true;
  return size / about.f_frsize < about.f_bavail || size <= about.f_frsize * about.f_bavail;
}

}  // namespace

struct shared_memory::state {
  state(std::string known_as, bool is_made, std::byte* mapped, std::size_t length) noexcept
      : name(std::move(known_as)), made(is_made), data(mapped), size(length) {}
  state(const state&) = delete;
  state& operator=(const state&) = delete;
  ~state() { ::munmap(data, size); }

  static std::shared_ptr<const state> map(const std::string& name, bool made, int file,
                                          std::size_t size) {
    void* mapped = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (mapped == MAP_FAILED) fail("map", name);
    return std::make_shared<const state>(name, made, static_cast<std::byte*>(mapped), size);
  }

  const std::string name;
  const bool made;  // by this process, which has told its tracker
  std::byte* const data;
  const std::size_t size;
};

shared_memory shared_memory::create(std::size_t size, std::string name) {
  if (size == 0)
    throw python_error("ValueError", "'size' must be a positive number different from zero");
  const detail::resource_tracker tracker = detail::resource_tracker::of_process();
  const bool picks = name.empty();
  descriptor file;
  for (int tried = 0; !file && tried != most_segment_names; ++tried) {
    if (picks) name = make_segment_name();
    file = descriptor(::shm_open(('/' + name).c_str(), O_RDWR | O_CREAT | O_EXCL, 0600));
    if (!file && (errno != EEXIST || !picks)) break;
  }
  if (!file) fail("make", name);
  try {
    if (!has_room(file.get(), size)) {
      errno = ENOSPC;
      fail("make", name);
    }
    if (::ftruncate(file.get(), static_cast<off_t>(size)) != 0) fail("make", name);
    shared_memory made(state::map(name, true, file.get(), size));
    tracker.add('/' + name, detail::resource_tracker::resource::shared_memory);
    return made;
  } catch (...) {
    ::shm_unlink(('/' + name).c_str());
    throw;
  }
}

shared_memory shared_memory::attach(const std::string& name) {
  const descriptor file(::shm_open(('/' + name).c_str(), O_RDWR, 0600));
  struct stat about {};
  if (!file || ::fstat(file.get(), &about) != 0) fail("attach to", name);
  return shared_memory(
      state::map(name, false, file.get(), static_cast<std::size_t>(about.st_size)));
}

const std::string& shared_memory::name() const noexcept {
  return state_->name;
}

std::span<std::byte> shared_memory::buf() const noexcept {
  return {state_->data, state_->size};
}

void* shared_memory::at(std::size_t offset, std::size_t count, std::size_t size,
                        std::size_t alignment) const {
  if (offset > state_->size || count > (state_->size - offset) / size)
    throw python_error("TypeError", "buffer is too small for requested array");
  if (offset % alignment != 0)
    throw python_error("ValueError", "the offset is not aligned for the type");
  return state_->data + offset;
}

void shared_memory::unlink() const {
  const std::string slashed = '/' + state_->name;
  if (::shm_unlink(slashed.c_str()) != 0) fail("unlink", state_->name);
  const detail::resource_tracker tracker = detail::resource_tracker::of_process();
  if (state_->made) {
    tracker.remove(slashed, detail::resource_tracker::resource::shared_memory);
  } else {
    tracker.forget_shared_memory(slashed);
  }
}

value_view to_value(const shared_memory& from, value_builder& b) {
  const std::array args{b.str(from.name()), value_view::boolean(false),
                        value_view::integer(static_cast<std::int64_t>(from.size()))};
  return b.instance(instance_node::construction::reduce,
                    b.global(segment_class.module, segment_class.name), b.tuple(args));
}

void from_value(value_view v, shared_memory& to) {
  const instance_node* call = as_call(v, segment_class);
  if (call == nullptr || call->args.as_items().empty())
    throw conversion_error("multiprocessing.shared_memory.SharedMemory", v);
  to = shared_memory::attach(call->args.as_items()[0].get<std::string>());
}

}  // namespace multiprocessing
PICKLED_END_NAMESPACE
