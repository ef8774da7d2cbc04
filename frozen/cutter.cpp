#include "frozen/cutter.hpp"

#include "pickle/value/scalar.hpp"

#include <algorithm>
#include <cstring>

namespace pickled {

namespace {

// What inlining definitions may write beyond the size of the message.
constexpr std::uint64_t inlining_allowance = std::uint64_t{1} << 20;

// One opcode. The empty tuple is the only one of depth 1 that begins with one.
bool is_leaf(const slot& item, bytes_view message) noexcept {
  return is_scalar(item.kind) ||
         (item.kind == kind::tuple && item.depth == 1 && message[item.start] == std::byte{')'});
}

// Whether the item of `d` is not finished where `offset` is.
bool encloses(const definition& d, std::uint64_t offset) noexcept {
  return d.end == 0 || (d.start <= offset && offset < d.end);
}

frozen::traits traits_of(const slot& item) noexcept {
  frozen::traits about;
  about.kind = item.kind;
  about.opaque_equality = (item.flags & opaque_equality) != 0;
  about.uses_protocol_5 = (item.flags & uses_protocol_5) != 0;
  return about;
}

}  // namespace

void cutter::start(message_map& map, std::size_t max_memory) noexcept {
  map_ = &map;
  max_memory_ = max_memory;
  memory_ = 0;
  inlined_ = 0;
  output_ = 0;
  last_edit_ = 0;
}

cutter::verdict cutter::cut_whole(frozen& result) {
  if (!is_leaf(map_->top, map_->message))
    return cut_part(0, map_->top.end, traits_of(map_->top), result);
  const bool alone = !map_->uncuttable && (map_->top.flags & fetched) == 0;
  return alone ? cut_leaf(map_->top.start, map_->top.kind, result) : verdict::uncuttable;
}

cutter::verdict cutter::cut(const slot& s, std::vector<frozen>& results) {
  if (s.definition == no_definition) return cut_slot(s, results.emplace_back());
  definition& d = map_->definitions[s.definition];
  if ((s.flags & fetched) == no_flags) {
    d.result = static_cast<std::uint32_t>(results.size() + 1);
    return cut_slot(s, results.emplace_back());
  }
  if (d.result != 0) {
    const frozen shared = results[d.result - 1];
    results.push_back(shared);
    return check_memory(0);
  }
  if (encloses(d, s.start)) return verdict::uncuttable;
  slot original = s;
  original.start = d.start;
  original.end = d.end;
  inlined_ += d.end - d.start;
  d.result = static_cast<std::uint32_t>(results.size() + 1);
  return cut_slot(original, results.emplace_back());
}

cutter::verdict cutter::cut_slot(const slot& s, frozen& result) {
  if (is_leaf(s, map_->message)) return cut_leaf(s.start, s.kind, result);
  return cut_part(s.start, s.end, traits_of(s), result);
}

cutter::verdict cutter::cut_leaf(std::uint64_t start, kind what, frozen& result) {
  const bytes_view run(map_->message.data() + start, leaf_size(map_->message.data() + start));
  if (check_memory(run.size()) != verdict::good) return verdict::too_large;
  result.assign_leaf(run, what);
  memory_ += result.memory();
  return verdict::good;
}

cutter::verdict cutter::check_memory(std::size_t size) {
  memory_ += sizeof(frozen);
  return size > max_memory_ || memory_ > max_memory_ - size ? verdict::too_large : verdict::good;
}

cutter::verdict cutter::cut_part(std::uint64_t start, std::uint64_t end, frozen::traits about,
                                 frozen& result) {
  const edit_range edits = edits_in(start, end);
  std::size_t size = end - start;
  const memo used = look_at(edits, size);
  std::vector<frozen::hole> holes;
  if (used == memo::own) {
    size += number_memo(edits, about);
  } else if (used == memo::foreign) {
    if (!list_steps(start, end)) return verdict::uncuttable;
    size = measure_steps(about, holes);
    if (size == 0) about.kind = kind::proxy;  // nothing but a hole is left
  }
  if (check_memory(size) != verdict::good) return verdict::too_large;
  std::byte* run;
  result = frozen::unfilled_block(size, about, std::move(holes), run);
  used == memo::foreign ? write_steps(run) : write_own(start, end, edits, run, size);
  memory_ += result.memory();
  return verdict::good;
}

cutter::edit_range cutter::edits_in(std::uint64_t start, std::uint64_t end) noexcept {
  const edit* const first = map_->edits.begin() + edit_at(start);
  const edit* last = first;
  while (last != map_->edits.end() && last->offset < end)
    ++last;
  return {first, last};
}

// Whether the run can be copied: it has no GETs, or only such as mean PUTs of its own. Takes what
// is not copied off its size.
cutter::memo cutter::look_at(edit_range edits, std::size_t& size) noexcept {
  ++output_;
  memo used = memo::unused;
  for (const edit* e = edits.first; e != edits.last; ++e) {
    size -= e->length;
    if (e->what == edit::what::skip) continue;
    if (e->what == edit::what::replace) return memo::foreign;
    definition& d = map_->definitions[e->number];
    if (e->what == edit::what::put) {
      d.written_in = output_ & definition::outputs;
      d.is_fetched = 0;
    } else if (d.written_in == output_) {
      d.is_fetched = 1;
      used = memo::own;
    } else {
      return memo::foreign;
    }
  }
  return used;
}

// What the memo opcodes of such a run take.
std::size_t cutter::number_memo(edit_range edits, frozen::traits& about) noexcept {
  std::size_t size = 0;
  for (const edit* e = edits.first; e != edits.last; ++e) {
    if (e->what == edit::what::skip) continue;
    definition& d = map_->definitions[e->number];
    if (!d.is_fetched) continue;
    if (e->what == edit::what::put) d.number = about.memo_count++;
    size += memo_size(d.number);
  }
  return size;
}

void cutter::write_own(std::uint64_t start, std::uint64_t end, edit_range edits, std::byte* out,
                       std::size_t size) const noexcept {
  const std::byte* const message = map_->message.data();
  const std::byte* const message_end = message + map_->message.size();
  const std::byte* const out_end = out + size;
  const std::byte* in = message + start;
  const auto copy_until = [&](const std::byte* until) {
    const auto count = static_cast<std::size_t>(until - in);
    // Most pieces are short, and sixteen bytes are copied in no time.
    if (count <= 16 && message_end - in >= 16 && out_end - out >= 16) {
      std::memcpy(out, in, 16);
    } else {
      std::memcpy(out, in, count);
    }
    out += count;
    in = until;
  };
  for (const edit* e = edits.first; e != edits.last; ++e) {
    copy_until(message + e->offset);
    in += e->length;
    if (e->what == edit::what::skip) continue;
    const definition& d = map_->definitions[e->number];
    if (!d.is_fetched) continue;
    out += e->what == edit::what::put ? write_put(out, d.number) : write_get(out, d.number);
  }
  copy_until(message + end);
}

// Takes [start, end) apart, and puts the definitions that it lacks in. False where one cannot be
// had.
bool cutter::list_steps(std::uint64_t start, std::uint64_t end) {
  ++output_;
  steps_.clear();
  ranges_.clear();
  ranges_.push_back({start, end, edit_at(start), no_definition});
  while (!ranges_.empty()) {
    range& r = ranges_.back();
    if (r.get_first != no_definition) {
      steps_.push_back({r.at, r.at, r.get_first, step::what::get});
      r.get_first = no_definition;
    }
    if (r.edit == map_->edits.size() || map_->edits[r.edit].offset >= r.end) {
      if (r.at != r.end) steps_.push_back({r.at, r.end, 0, step::what::nothing});
      ranges_.pop_back();
    } else if (!follow(map_->edits[r.edit++], r)) {
      return false;
    }
  }
  return true;
}

// `r` is the last of the ranges, and may not be used after another is added.
bool cutter::follow(const edit& e, range& r) {
  step s{r.at, e.offset, e.number, step::what::nothing};
  r.at = e.offset + e.length;
  switch (e.what) {
    case edit::what::skip: break;
    case edit::what::replace:
      // A definition in what is replaced may be wanted by others.
      if (map_->replacements[e.number].end > r.end) {
        r.at = s.start;
        return true;
      }
      s.then = step::what::replace;
      r.at = map_->replacements[e.number].end;
      r.edit = edit_at(r.at);
      break;
    case edit::what::put: {
      definition& d = map_->definitions[e.number];
      d.written_in = output_ & definition::outputs;
      d.is_fetched = 0;
      s.then = step::what::put;
      break;
    }
    case edit::what::get: {
      definition& d = map_->definitions[e.number];
      if (d.written_in == output_) {
        d.is_fetched = 1;
        s.then = step::what::get;
        break;
      }
      steps_.push_back(s);
      return inline_definition(d, e.offset);
    }
  }
  steps_.push_back(s);
  return true;
}

// The run of `d` comes next, in the place of a GET at `from`; what it shares with this output is
// not written again. False where `d` encloses the GET, or the budget for inlining is spent.
bool cutter::inline_definition(const definition& d, std::uint64_t from) {
  if (encloses(d, from)) return false;
  inlined_ += d.end - d.start;
  if (inlined_ > map_->message.size() + inlining_allowance) return false;
  list_written_parts(d);
  const auto& definitions = map_->definitions;
  // Last first, because the ranges are a stack; of two that are nested only the outer one counts.
  std::sort(written_.begin(), written_.end(), [&](std::uint32_t a, std::uint32_t b) {
    return definitions[a].end != definitions[b].end ? definitions[a].end > definitions[b].end
                                                    : definitions[a].start < definitions[b].start;
  });
  std::uint64_t end = d.end;
  for (const std::uint32_t number : written_) {
    definition& inner = map_->definitions[number];
    if (inner.end == 0) return false;
    if (inner.end > end) continue;
    ranges_.push_back({inner.end, end, edit_at(inner.end), number});
    inner.is_fetched = 1;
    end = inner.start;
  }
  ranges_.push_back({d.start, end, edit_at(d.start), no_definition});
  return true;
}

// The definitions in `d` that this output has already.
void cutter::list_written_parts(const definition& d) {
  written_.clear();
  const auto& edits = map_->edits;
  for (std::size_t i = edit_at(d.start); i != edits.size() && edits[i].offset < d.end; ++i) {
    const edit& e = edits[i];
    if (e.what == edit::what::replace && map_->replacements[e.number].end <= d.end) {
      i = edit_at(map_->replacements[e.number].end) - 1;
    } else if (e.what == edit::what::put && map_->definitions[e.number].written_in == output_) {
      written_.push_back(e.number);
    }
  }
}

// The first edit at `offset` or after it. Slots are cut one after the other, so that it is mostly
// found near the one before.
std::size_t cutter::edit_at(std::uint64_t offset) noexcept {
  const auto& edits = map_->edits;
  if (last_edit_ == 0 || edits[last_edit_ - 1].offset < offset) {
    const std::size_t far = std::min(edits.size(), last_edit_ + 16);
    while (last_edit_ != far && edits[last_edit_].offset < offset)
      ++last_edit_;
    if (last_edit_ == edits.size() || edits[last_edit_].offset >= offset) return last_edit_;
  }
  const auto found =
      std::lower_bound(edits.begin(), edits.end(), offset,
                       [](const edit& e, std::uint64_t wanted) { return e.offset < wanted; });
  last_edit_ = static_cast<std::size_t>(found - edits.begin());
  return last_edit_;
}

// Numbers the memo, drops what no GET means, and finds the size and the holes of the run.
std::size_t cutter::measure_steps(frozen::traits& about, std::vector<frozen::hole>& holes) {
  for (const step& s : steps_) {
    if (s.then != step::what::replace) continue;
    about.memo_count =
        std::max(about.memo_count, map_->replacements[s.number].plain.about().memo_count);
  }
  std::size_t size = 0;
  for (step& s : steps_) {
    size += s.end - s.start;
    if (s.then == step::what::replace) {
      const replacement& r = map_->replacements[s.number];
      if (r.proxy) {
        holes.push_back({size, r.proxy});
      } else {
        size += r.plain.run().size();
      }
    } else if (s.then != step::what::nothing) {
      definition& d = map_->definitions[s.number];
      if (!d.is_fetched) {
        s.then = step::what::nothing;
        continue;
      }
      if (s.then == step::what::put) d.number = about.memo_count++;
      size += memo_size(d.number);
    }
  }
  return size;
}

void cutter::write_steps(std::byte* out) const {
  for (const step& s : steps_) {
    const auto size = static_cast<std::size_t>(s.end - s.start);
    std::memcpy(out, map_->message.data() + s.start, size);
    out += size;
    switch (s.then) {
      case step::what::nothing: break;
      case step::what::put: out += write_put(out, map_->definitions[s.number].number); break;
      case step::what::get: out += write_get(out, map_->definitions[s.number].number); break;
      case step::what::replace: {
        const replacement& r = map_->replacements[s.number];
        if (r.proxy) break;
        const bytes_view plain = r.plain.run();
        std::memcpy(out, plain.data(), plain.size());
        out += plain.size();
      }
    }
  }
}

}  // namespace pickled
