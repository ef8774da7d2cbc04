// SPDX-License-Identifier: BSL-1.0

// What each thread has one of, also for those who ask when the thread has destroyed its own:
// destructors of static objects, and of others of the thread.

#ifndef PICKLED_CONNECTION_OF_THREAD_HPP
#define PICKLED_CONNECTION_OF_THREAD_HPP

namespace pickled::inline v0::detail {

// That of the calling thread, made when it is first asked for; nullptr once it is destroyed.
template <class T>
T* of_thread() {
  thread_local bool gone = false;
  struct owner {
    T kept;

    ~owner() { gone = true; }
  };
  if (gone) return nullptr;
  thread_local owner own;
  return &own.kept;
}

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_CONNECTION_OF_THREAD_HPP
