// SPDX-License-Identifier: BSL-1.0

// The C++ side of the codec's benchmarks: ours, msgpack-cxx, nlohmann/json and memcpy on the corpus
// that bench/corpus.py writes. bench/codec.py runs it, adds CPython, and compares.
// Usage: codec_bench [--benchmark_...] CORPUS
//
// A benchmark is named TASK/DATA/CONTESTANT. One iteration makes the result and frees it.

#include "connection/message.hpp"
#include "frozen/freezer.hpp"
#include "pickled/codec/pickler.hpp"
#include "pickled/codec/stream.hpp"
#include "pickled/codec/unpickler.hpp"
#include "pickled/frozen/splicer.hpp"

#include <benchmark/benchmark.h>
#include <msgpack.hpp>
#include <nlohmann/json.hpp>

#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

namespace {

using benchmark::DoNotOptimize;
using benchmark::State;
using pickled::bytes_view;

std::string corpus;

std::string read_file(const std::string& name) {
  std::ifstream file(corpus + "/" + name, std::ios::binary);
  if (!file) throw std::runtime_error("no " + name + " in " + corpus);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string read_pickle(const std::string& data) {
  return read_file(data + ".pickle");
}

// Requests with their lengths before them; the views point into `content`.
std::vector<bytes_view> read_requests(const std::string& content) {
  std::vector<bytes_view> requests;
  std::size_t at = 0;
  while (at < content.size()) {
    std::uint32_t size;
    std::memcpy(&size, content.data() + at, sizeof size);
    at += sizeof size;
    requests.push_back(pickled::as_bytes(std::string_view(content).substr(at, size)));
    at += size;
  }
  return requests;
}

void require(const pickled::load_error& error) {
  if (error) throw std::runtime_error(error.message());
}

pickled::value load(const std::string& data) {
  return pickled::loads(read_pickle(data));
}

void loads_pickled(State& state, const std::string& data) {
  const std::string pickle = read_pickle(data);
  for (auto _ : state)
    DoNotOptimize(pickled::loads(pickled::as_bytes(pickle)));
}

void dumps_pickled(State& state, const std::string& data) {
  const pickled::value v = load(data);
  for (auto _ : state)
    DoNotOptimize(pickled::dumps(v));
}

// Byte for byte as CPython, which takes a memo entry for each object.
void dumps_like_cpython(State& state, const std::string& data) {
  const pickled::value v = load(data);
  pickled::dump_options options;
  options.like_cpython = true;
  for (auto _ : state)
    DoNotOptimize(pickled::dumps(v, options));
}

// The same in pieces, of which none is kept.
void dump_to_sink(State& state, const std::string& data) {
  const pickled::value v = load(data);
  const pickled::sink count = [](bytes_view piece) { DoNotOptimize(piece.data()); };
  for (auto _ : state)
    pickled::dump(v, count);
}

void freeze_pickled(State& state, const std::string& data) {
  const std::string pickle = read_pickle(data);
  for (auto _ : state) {
    pickled::frozen result;
    require(pickled::detail::freeze(pickled::as_bytes(pickle), {}, result));
    DoNotOptimize(result);
  }
}

// As a session does it, with a request of its own for each message.
void freeze_requests(State& state) {
  const std::string content = read_file("requests.pickles");
  const std::vector<bytes_view> requests = read_requests(content);
  const pickled::detail::freeze_options options;
  for (auto _ : state) {
    for (const bytes_view message : requests) {
      pickled::detail::frozen_request request;
      require(pickled::detail::freeze_request(message, options, request));
      DoNotOptimize(request);
    }
  }
}

// ('#RETURN', value) for the second argument of each request, or for the only one.
void splice_replies(State& state) {
  const std::string content = read_file("requests.pickles");
  std::vector<pickled::frozen> values;
  pickled::detail::frozen_request request;
  for (const bytes_view message : read_requests(content)) {
    require(pickled::detail::freeze_request(message, {}, request));
    values.push_back(request.args[request.method == "put" ? 0 : 1]);
  }
  request = {};
  for (auto _ : state) {
    for (const pickled::frozen& v : values) {
      pickled::splicer out;
      begin_reply(pickled::detail::reply_kind::returned, out).frozen(v).end_tuple();
      DoNotOptimize(std::move(out).finish());
    }
  }
}

nlohmann::json read_document() {
  return nlohmann::json::parse(read_file("document.json"));
}

void loads_json(State& state) {
  const std::string text = read_file("document.json");
  for (auto _ : state)
    DoNotOptimize(nlohmann::json::parse(text));
}

void dumps_json(State& state) {
  const nlohmann::json document = read_document();
  for (auto _ : state)
    DoNotOptimize(document.dump());
}

void loads_msgpack(State& state) {
  const std::vector<std::uint8_t> packed = nlohmann::json::to_msgpack(read_document());
  const auto* data = reinterpret_cast<const char*>(packed.data());
  for (auto _ : state)
    DoNotOptimize(msgpack::unpack(data, packed.size()));
}

void dumps_msgpack(State& state) {
  const std::vector<std::uint8_t> packed = nlohmann::json::to_msgpack(read_document());
  const msgpack::object_handle document =
      msgpack::unpack(reinterpret_cast<const char*>(packed.data()), packed.size());
  for (auto _ : state) {
    msgpack::sbuffer out;
    msgpack::pack(out, *document);
    DoNotOptimize(out);
  }
}

// Every result needs memory of its own; the copy into memory that is there already shows what that
// costs.
void copy_into_new(State& state) {
  const std::string pickle = read_pickle("bytes");
  for (auto _ : state)
    DoNotOptimize(pickled::buffer(pickled::as_bytes(pickle)));
}

void copy(State& state) {
  const std::string pickle = read_pickle("bytes");
  pickled::buffer to(pickled::as_bytes(pickle));
  for (auto _ : state) {
    std::memcpy(to.data(), pickle.data(), pickle.size());
    benchmark::ClobberMemory();
  }
}

template <class Function, class... Arguments>
void add(const std::string& name, Function function, const Arguments&... arguments) {
  benchmark::RegisterBenchmark(name.c_str(), [=](State& state) {
    function(state, arguments...);
  })->Unit(benchmark::kMillisecond);
}

void add_all() {
  for (const std::string data :
       {"document", "ints", "floats", "strings", "tuples", "instances", "slotted", "bytes"}) {
    add("loads/" + data + "/pickled", loads_pickled, data);
    add("dumps/" + data + "/pickled", dumps_pickled, data);
    add("dumps/" + data + "/pickled, like CPython", dumps_like_cpython, data);
    add("dumps/" + data + "/pickled, to a sink", dump_to_sink, data);
  }
  add("freeze/document/pickled", freeze_pickled, std::string("document"));
  add("freeze/bytes/pickled", freeze_pickled, std::string("bytes"));
  add("freeze/requests/pickled", freeze_requests);
  add("splice/replies/pickled", splice_replies);
  add("loads/document/msgpack-cxx", loads_msgpack);
  add("dumps/document/msgpack-cxx", dumps_msgpack);
  add("loads/document/nlohmann::json", loads_json);
  add("dumps/document/nlohmann::json", dumps_json);
  for (const std::string task : {"loads", "dumps", "freeze"}) {
    add(task + "/bytes/memcpy to new memory", copy_into_new);
    add(task + "/bytes/memcpy", copy);
  }
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (argc != 2) {
    std::cerr << "usage: codec_bench [--benchmark_...] CORPUS\n";
    return 2;
  }
  corpus = argv[1];
  add_all();
  benchmark::RunSpecifiedBenchmarks();
}
