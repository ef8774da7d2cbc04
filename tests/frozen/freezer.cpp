// SPDX-License-Identifier: BSL-1.0

#include "frozen/freezer.hpp"

#include "frozen/thaw.hpp"
#include "pickled/codec/unpickler.hpp"
#include "pickled/frozen/splicer.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

using namespace pickled;
using namespace pickled::detail;
using namespace std::literals;

namespace {

std::string unhex(std::string_view digits) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

frozen_request request_of(const std::string& message, const freeze_options& options = {}) {
  frozen_request request;
  const load_error error = freeze_request(as_bytes(message), options, request);
  INFO(error.message());
  REQUIRE_FALSE(error);
  return request;
}

std::error_code refusal_of(const std::string& message) {
  frozen_request request;
  return freeze_request(as_bytes(message), {}, request).code;
}

frozen frozen_of(const std::string& message) {
  frozen result;
  REQUIRE_FALSE(freeze(as_bytes(message), {}, result));
  return result;
}

std::string run_of(const frozen& f) {
  return std::string(as_text(f.run()));
}

std::vector<std::string> runs_of(const std::vector<frozen>& values) {
  std::vector<std::string> runs;
  for (const frozen& f : values)
    runs.push_back(run_of(f));
  return runs;
}

std::vector<frozen> slots_of(const frozen& container) {
  std::vector<frozen> slots;
  REQUIRE_FALSE(split(container, {}, slots));
  return slots;
}

using strings = std::vector<std::string>;

// Frame payloads of CPython 3.12 at address '/run/p/mgr.sock'.
const std::string create =
    unhex("8004952000000000000000284e8c06637265617465948c04646963749485947d948c0161944b017374942e");
const std::string incref = unhex(
    "8004952100000000000000284e8c06696e63726566948c0c3766613335373131623634309485947d9474942e");
const std::string setitem = unhex(
    "8004952d00000000000000288c0c376661333537313162363430948c0b5f5f7365746974656d5f5f948c016b948c01"
    "769486947d9474942e");
const std::string append_dict_proxy = unhex(
    "800495a600000000000000288c0c376661333537313162646330948c06617070656e64948c186d756c746970726f63"
    "657373696e672e6d616e6167657273948c0c52656275696c6450726f78799493942868028c094469637450726f7879"
    "94939468028c05546f6b656e9493942981948c0464696374948c0f2f72756e2f702f6d67722e736f636b948c0c3766"
    "61333537313162363430948794628c067069636b6c65947d947494529485947d9474942e");
const std::string append_queue_proxy = unhex(
    "8004950501000000000000288c0c376661333537313162646330948c06617070656e64948c186d756c746970726f63"
    "657373696e672e6d616e6167657273948c0c52656275696c6450726f78799493942868028c094175746f50726f7879"
    "94939468028c05546f6b656e9493942981948c055175657565948c0f2f72756e2f702f6d67722e736f636b948c0c37"
    "6661333537313234363530948794628c067069636b6c65947d948c076578706f73656494288c05656d707479948c04"
    "66756c6c948c03676574948c0a6765745f6e6f77616974948c046a6f696e948c03707574948c0a7075745f6e6f7761"
    "6974948c057173697a65948c097461736b5f646f6e65947494737494529485947d9474942e");

}  // namespace

TEST_CASE("a request is cut into ident, method, args and kwds", "[pickle]") {
  const frozen_request a = request_of(create);
  CHECK(a.ident.empty());
  CHECK(a.method == "create");
  CHECK(runs_of(a.args) == strings{"\x8c\x04"
                                   "dict"});
  REQUIRE(a.kwds.size() == 1);
  CHECK(a.kwds[0].first == "a");
  CHECK(a.kwds[0].second.as_integer() == 1);

  const frozen_request b = request_of(incref);
  CHECK(b.method == "incref");
  CHECK(runs_of(b.args) == strings{"\x8c\x0c"
                                   "7fa35711b640"});
  CHECK(b.kwds.empty());

  const frozen_request c = request_of(setitem);
  CHECK(c.ident == "7fa35711b640");
  CHECK(c.method == "__setitem__");
  CHECK(runs_of(c.args) == strings{"\x8c\x01k", "\x8c\x01v"});
}

TEST_CASE("a request object is used again", "[pickle]") {
  frozen_request request = request_of(create);
  REQUIRE_FALSE(freeze_request(as_bytes(setitem), {}, request));
  CHECK(request.ident == "7fa35711b640");
  CHECK(request.args.size() == 2);
  CHECK(request.kwds.empty());
}

TEST_CASE("a request cut short at any length is refused", "[pickle]") {
  for (const std::string& message : {create, setitem, append_dict_proxy, append_queue_proxy}) {
    for (std::size_t length = 0; length != message.size(); ++length) {
      const std::string part = message.substr(0, length);
      frozen_request request;
      const load_error error = freeze_request(as_bytes(part), {}, request);
      CHECK(error);
      CHECK(error.offset <= length);
    }
    CHECK_FALSE(refusal_of(message + "x"));  // what follows STOP is nobody's
  }
}

TEST_CASE("args may be a list, and everything may come in any protocol", "[pickle]") {
  // pickle.dumps((None, 'm', [1, [2]], {'k': None}), n)
  const std::string table[] = {
      "(NVm\np0\n(lp1\nI1\na(lp2\nI2\naa(dp3\nVk\np4\nNstp5\n.",
      "(NX\1\0\0\0mq\0]q\1(K\1]q\2K\2ae}q\3X\1\0\0\0kq\4Nstq\5."s,
      "\x80\2(NX\1\0\0\0mq\0]q\1(K\1]q\2K\2ae}q\3X\1\0\0\0kq\4Nstq\5."s,
      "\x80\4\x95\x19\0\0\0\0\0\0\0(N\x8c\1m\x94]\x94(K\1]\x94K\2ae}\x94\x8c\1k\x94Nst\x94."s,
  };
  for (const std::string& message : table) {
    const frozen_request request = request_of(message);
    CHECK(request.ident.empty());
    CHECK(request.method == "m");
    REQUIRE(request.args.size() == 2);
    CHECK(run_of(request.args[0]) == "K\1");
    CHECK(request.args[1].kind() == kind::list);
    REQUIRE(request.kwds.size() == 1);
    CHECK(request.kwds[0].first == "k");
    CHECK(request.kwds[0].second.is_none());
  }
}

TEST_CASE("of a keyword that came twice the later argument counts", "[pickle]") {
  const frozen_request request = request_of("\x80\4(N\x8c\1m)}(\x8c\1aK\1\x8c\1bN\x8c\1aK\2ut."s);
  REQUIRE(request.kwds.size() == 2);
  CHECK(request.kwds[0].first == "a");
  CHECK(request.kwds[0].second.as_integer() == 2);
  CHECK(request.kwds[1].first == "b");
}

TEST_CASE("what is no request is refused as one", "[pickle]") {
  const std::string table[] = {
      "\x80\4N.",
      "\x80\4(NNNNt.",
      "\x80\4(N\x8c\1m)}Nt."s,
      "\x80\4(N\x8c\1m)Nt."s,
      "\x80\4(K\1\x8c\1m)}t."s,
      "\x80\4(N\x8c\1mN}t."s,
      "\x80\4(N\x8c\1m)}K\1Nst."s,
  };
  for (const std::string& message : table)
    CHECK(refusal_of(message) == pickle_errc::not_a_request);
  CHECK_FALSE(refusal_of("\x80\4](N\x8c\1m)}e."s));  // a list will do
}

TEST_CASE("a malformed request is refused as loads refuses it", "[pickle]") {
  const std::string table[] = {
      "",
      "\x80\4",
      "\x80\6N.",
      "\x80\4.",
      "\x80\4(.",
      "\x80\4t.",
      "\x80\4N\x85",
      "\x80\4h\0."s,
      "\x80\4N\x86.",
      "\x80\4NNs.",
      "\x80\4Na.",
      "\x80\4(Na.",
      "\x80\4]N(a.",
      "\x80\4}(Nu.",
      "\x80\4}]Ns.",
      "\x80\4\x8c\2\xc3(.",
      "\x80\4NN\x93.",
      "\x80\4N)R.",
      "\x80\4NK\1b.",
      "\x80\4\x95\1\0\0\0\0\0\0\0"s,
      "\x80\4\x97.",
      "\x80\4K\1Q.",
      "\x80\4\xff.",
      "\x80\4\x8f(]\x90.",
      "\x80\4(]\x91.",
      "\x80\4X\xff\xff\xff\xff"
      "a.",
  };
  for (const std::string& message : table) {
    load_error expected;
    static_cast<void>(loads(as_bytes(message), expected));
    REQUIRE(expected);
    frozen result;
    const load_error error = freeze(as_bytes(message), {}, result);
    CHECK(error.code == expected.code);
    CHECK(error.offset == expected.offset);
    CHECK(error.opcode == expected.opcode);
    CHECK(refusal_of(message) == expected.code);
  }
}

TEST_CASE("runs keep no frame, and only the memo entries that they need", "[pickle]") {
  // l = []; pickle.dumps(['a', l, l], 4)
  const frozen f = frozen_of("\x80\4\x95\x0d\0\0\0\0\0\0\0]\x94(\x8c\1a\x94]\x94h\2e."s);
  CHECK(run_of(f) == "](\x8c\1a]q\0h\0e"s);
  CHECK(f.kind() == kind::list);
  CHECK(f.about().memo_count == 1);
  CHECK_FALSE(f.about().opaque_equality);
  CHECK_FALSE(f.about().uses_protocol_5);
}

TEST_CASE("memo numbers beyond 255 take the long opcodes", "[pickle]") {
  std::string message = "\x80\4("s;
  for (int i = 0; i != 300; ++i)
    message += "]\x94";
  for (int i = 0; i != 300; ++i) {
    message +=
        i < 256 ? "h"s + static_cast<char>(i) : "j"s + static_cast<char>(i - 256) + "\1\0\0"s;
  }
  const frozen f = frozen_of(message + "t.");
  CHECK(f.about().memo_count == 300);
  CHECK(run_of(f).find("]r\x2b\1\0\0"s) != std::string::npos);
  CHECK(run_of(f).ends_with("j\x2b\1\0\0t"s));
}

TEST_CASE("leaves take one form, however they came", "[pickle]") {
  for (const std::string& message : {"\x80\4K\1."s, "\x80\4M\1\0."s, "\x80\4J\1\0\0\0."s,
                                     "\x80\4\x8a\1\1."s, "I1\n."s, "L1L\n."s, "\x80\4K\1\x94."s,
                                     "\x80\4K\1\x94"
                                     "0h\0."s,
                                     "\x80\4K\1q\xff."s}) {
    CHECK(run_of(frozen_of(message)) == "K\1");
  }
  for (const std::string& message : {"\x80\4\x8c\1a."s, "\x80\4X\1\0\0\0a."s, "Va\n."s,
                                     "\x80\4\x8d\1\0\0\0\0\0\0\0a."s, "U\1a."s}) {
    CHECK(run_of(frozen_of(message)) == "\x8c\1a");
  }
  CHECK(run_of(frozen_of("\x80\4(t.")) == ")");
  CHECK(run_of(frozen_of("\x80\4N0K\1.")) == "K\1");
}

TEST_CASE("short leaves and names are written again, long ones are fetched", "[pickle]") {
  const std::string text = "a text of more than sixteen";
  const std::string opcode = "\x8c" + std::string(1, static_cast<char>(text.size())) + text;
  // pickle.dumps(['key', 'key', text, text, text], 4), and a class with its names by GET
  CHECK(run_of(frozen_of("\x80\4]\x94(\x8c\3key\x94h\1" + opcode + "\x94h\2h\2e.")) ==
        "](\x8c\3key\x8c\3key" + opcode + "q\0h\0h\0e"s);
  CHECK(run_of(frozen_of("\x80\4](" + opcode +
                         "\x94\x8c\1A\x94\x93\x94h\0\x8c\1B\x94\x93\x94h\2h\4e."s)) ==
        "](" + opcode + "\x8c\1A\x93q\0"s + opcode + "\x8c\1B\x93q\1h\0h\1e"s);
}

TEST_CASE("long leaves are fetched in what is dumped, too, however they came", "[pickle]") {
  // (_codecs.encode(text), text), of which the first may be bytes, so that it is loaded and dumped
  const std::string text = "of sixteen bytes";
  const std::string run = "\x8c\7_codecs\x8c\6encode\x93\x8c\x10" + text + "q\0\x85Rh\0\x86"s;
  CHECK(run_of(frozen_of("c_codecs\nencode\n(V" + text + "\np3\ntRh\3\x86.")) == run);
  CHECK(run_of(frozen_of("\x80\4" + run + ".")) == run);
}

TEST_CASE("slots take what they share with one another along", "[pickle]") {
  const std::string text = "a text of more than sixteen";
  const std::string opcode = "\x8c" + std::string(1, static_cast<char>(text.size())) + text;
  // pickle.dumps([text, [text, text], text], 4) and a class likewise
  CHECK(runs_of(slots_of(frozen_of("\x80\4](" + opcode + "\x94](h\0h\0eh\0e."s))) ==
        strings{opcode, "](" + opcode + "q\0h\0e"s, opcode});
  CHECK(runs_of(slots_of(frozen_of("\x80\4](\x8c\1m\x8c\1n\x93\x94)\x81h\0)\x81h\0e."s))) ==
        strings{"\x8c\1m\x8c\1n\x93)\x81", "\x8c\1m\x8c\1n\x93)\x81", "\x8c\1m\x8c\1n\x93"});
}

TEST_CASE("large characters stand in a run as they came", "[pickle]") {
  const std::string text(5000, 'x');
  const std::string opcode = "X\x88\x13\0\0"s + text;
  CHECK(run_of(frozen_of("\x80\4](" + opcode + "\x94K\1h\0e."s)) == "](" + opcode + "q\0K\1h\0e"s);
  CHECK(run_of(frozen_of("\x80\4" + opcode + ".")) == opcode);
  const std::vector<frozen> slots = slots_of(frozen_of("\x80\4](" + opcode + "\x94h\0e."s));
  REQUIRE(slots.size() == 2);
  CHECK(slots[0].as_str() == text);
  CHECK(slots[1].identity() == slots[0].identity());
}

TEST_CASE("what a lower protocol calls a bytearray comes to rest as one", "[pickle]") {
  // pickle.dumps(bytearray(b'ab'), 4)
  const frozen f = frozen_of(
      "\x80\4\x8c\x08"
      "builtins\x94\x8c\x09"
      "bytearray\x94\x93\x94"
      "C\2ab\x94\x85\x94R\x94."s);
  CHECK(f.kind() == kind::bytearray);
  CHECK(f.about().uses_protocol_5);
}

TEST_CASE("calls of INST and OBJ come to rest", "[pickle]") {
  for (const std::string& message :
       {"(K\1im\nn\n."s, "(cm\nn\nK\1o."s, "\x80\4(\x8c\1m\x8c\1n\x93K\1o."s}) {
    const frozen f = frozen_of(message);
    CHECK(run_of(f) == "(\x8c\1m\x8c\1n\x93K\1o");
    CHECK(f.about().opaque_equality);
    CHECK(value_argument(thaw(f)).as_instance().how == instance_node::construction::inst);
  }
  CHECK(run_of(frozen_of("(im\nn\n.")) == "(\x8c\1m\x8c\1n\x93o");
}

TEST_CASE("what the freezer learns on the way", "[pickle]") {
  CHECK(frozen_of("\x80\5\x96\0\0\0\0\0\0\0\0."s).about().uses_protocol_5);
  CHECK(frozen_of("\x80\5]\x96\0\0\0\0\0\0\0\0a."s).about().uses_protocol_5);
  const std::string opaque[] = {
      "\x80\4G\x7f\xf8\0\0\0\0\0\0."s,    // NaN
      "\x80\4]G\xff\xf0\0\0\0\0\0\1a."s,  // another, within
      "\x80\4\x8c\1m\x8c\1n\x93."s,       // a global
      "\x80\4}N\x8c\1m\x8c\1n\x93)Rs."s,  // a call
      "\x80\4\x82\1."s,                   // an extension code
  };
  for (const std::string& message : opaque)
    CHECK(frozen_of(message).about().opaque_equality);
  CHECK_FALSE(frozen_of("\x80\4]G\x7f\xf0\0\0\0\0\0\0a."s).about().opaque_equality);  // inf
}

TEST_CASE("arguments that share get what they need", "[pickle]") {
  // x = []; pickle.dumps((None, 'append', (x, x, [x, 'append']), {}), 4)
  const frozen_request request = request_of(
      "\x80\4\x95\x1e\0\0\0\0\0\0\0(N\x8c\6append\x94]\x94h\1]\x94(h\1h\0e\x87\x94}\x94t\x94."s);
  REQUIRE(request.args.size() == 3);
  CHECK(run_of(request.args[0]) == "]");
  CHECK(request.args[1].identity() == request.args[0].identity());
  CHECK(run_of(request.args[2]) ==
        "](]\x8c\6append"
        "e"s);
}

TEST_CASE("a part that was written before its whole is not written twice", "[pickle]") {
  // x = []; y = [x]; pickle.dumps((None, 'm', (y, [x, y, x]), {}), 4)
  const frozen_request request = request_of(
      "\x80\4\x95\x1c\0\0\0\0\0\0\0(N\x8c\1m\x94]\x94]\x94"
      "a]\x94(h\2h\1h\2e\x86\x94}\x94t\x94."s);
  REQUIRE(request.args.size() == 2);
  CHECK(run_of(request.args[1]) == "](]q\0]h\0ah\0e"s);
}

TEST_CASE("cycles are cut by loading and dumping", "[pickle]") {
  // l = []; l.append(l); pickle.dumps(l, 4)
  const frozen cycle = frozen_of("\x80\4]\x94h\0a."s);
  CHECK(run_of(cycle) == "]q\0h\0a"s);
  const std::vector<frozen> slots = slots_of(cycle);
  REQUIRE(slots.size() == 1);
  CHECK(run_of(slots[0]) == "]q\0h\0a"s);
}

TEST_CASE("containers are split into their slots", "[pickle]") {
  CHECK(runs_of(slots_of(frozen_of("\x80\4]\x94."))) == strings{});
  CHECK(runs_of(slots_of(frozen_of("\x80\4]\x94(K\1]K\2"
                                   "ae."))) == strings{"K\1",
                                                       "]K\2"
                                                       "a"});
  CHECK(runs_of(slots_of(frozen_of("\x80\4](K\1e(K\2e."))) == strings{"K\1", "K\2"});
  CHECK(runs_of(slots_of(frozen_of("\x80\4)."))) == strings{});
  CHECK(runs_of(slots_of(frozen_of("\x80\4K\1N\x86\x94."))) == strings{"K\1", "N"});
  CHECK(runs_of(slots_of(frozen_of("\x80\4(K\1NNNt."))) == strings{"K\1", "N", "N", "N"});
  CHECK(runs_of(slots_of(frozen_of("\x80\4}\x94(K\1NK\2]u."))) == strings{"K\1", "N", "K\2", "]"});
  CHECK(runs_of(slots_of(frozen_of("\x80\4}K\1Ns."))) == strings{"K\1", "N"});
  CHECK(runs_of(slots_of(frozen_of("\x80\4\x8f\x94(K\1N\x90."))) == strings{"K\1", "N"});
  CHECK(runs_of(slots_of(frozen_of("\x80\4(K\1N\x91."))) == strings{"K\1", "N"});
}

TEST_CASE("slots that are one object share a block", "[pickle]") {
  // x = []; pickle.dumps([x, x, [x], x], 4)
  const std::vector<frozen> slots =
      slots_of(frozen_of("\x80\4\x95\x10\0\0\0\0\0\0\0]\x94(]\x94h\1]\x94h\1ah\1e."s));
  REQUIRE(slots.size() == 4);
  CHECK(slots[1].identity() == slots[0].identity());
  CHECK(slots[3].identity() == slots[0].identity());
  CHECK(run_of(slots[2]) == "]]a");
}

TEST_CASE("depth is limited", "[pickle]") {
  freeze_options options;
  options.max_depth = 100;
  for (const std::size_t depth : {100u, 101u, 100000u}) {
    const std::string message =
        "\x80\4" + std::string(depth, ']') + std::string(depth - 1, 'a') + ".";
    frozen result;
    const load_error error = freeze(as_bytes(message), options, result);
    CHECK(static_cast<bool>(error) == (depth > 100));
    if (error) CHECK(error.code == pickle_errc::too_deep);
  }
}

TEST_CASE("a chain of shared references costs no more than it may", "[pickle]") {
  // x = []; chain = [x]; then 9,000 times: x = [x, x]; chain.append(x)
  std::string message = "\x80\4(N\x8c\6extend(](]\x94"s;
  for (std::uint32_t i = 0; i != 9000; ++i) {
    std::string get = "j";
    for (int shift = 0; shift != 32; shift += 8)
      get += static_cast<char>(i >> shift);
    message += "]\x94(" + get + get + "e";
  }
  message += "et}t.";
  freeze_options options;
  options.max_memory = std::size_t{64} << 20;
  const frozen_request request = request_of(message, options);
  std::vector<frozen> slots;
  CHECK(split(request.args[0], options, slots).code == pickle_errc::too_large);
}

TEST_CASE("memory is limited", "[pickle]") {
  freeze_options options;
  options.max_memory = 1000;
  const std::string large = "\x80\4(N\x8c\1mB\0\4\0\0"s + std::string(1024, 'x') + "\x85}t.";
  frozen_request request;
  CHECK(freeze_request(as_bytes(large), options, request).code == pickle_errc::too_large);
  options.max_memory = 1 << 20;
  CHECK_FALSE(freeze_request(as_bytes(large), options, request));
}

namespace {

// BINBYTES or BINUNICODE.
std::string characters(char opcode, std::size_t count) {
  std::string written(1, opcode);
  for (int shift = 0; shift != 32; shift += 8)
    written += static_cast<char>(count >> shift);
  return written.append(count, 'x');
}

// ('7', 'm', args, kwds), less the opcodes that end args and kwds.
std::string call_with(const std::string& args, const std::string& kwds = "}") {
  return "\x80\4(\x8c\1"
         "7\x94\x8c\1m\x94"s +
         args + kwds + "t\x94.";
}

bool lies_in(bytes_view run, const std::byte* memory, std::size_t size) {
  return run.data() >= memory && run.data() + run.size() <= memory + size;
}

}  // namespace

TEST_CASE("what is most of a message stays in its memory", "[pickle]") {
  const std::string large = characters('B', 100000);
  const std::string array =
      "\x8c\1n\x94\x8c\1f\x94\x93\x94" + large + "\x94\x8c\1d\x94\x86\x94R\x94";
  const std::string key = "\x8c\1k\x94";
  const struct {
    std::string message;
    bool stays;
  } table[] = {
      {call_with(key + large + "\x94\x86\x94"), true},
      {call_with(key + characters('X', 100000) + "\x94\x86\x94"), true},
      {call_with(large + "\x94" + key + "\x86\x94"), true},
      {call_with(key + array + "\x86\x94"), true},
      {call_with(array + "h\6\x86\x94"), true},  // and its name once more
      // A list that is in itself, and has a list twice.
      {call_with("]\x94(" + large + "\x94]\x94h\4h\2e\x85\x94"), true},
      {call_with("]\x94(]\x94h\3" + large + "\x94h\2e\x85\x94"), true},
      {call_with(")", "}\x94(\x8c\1a\x94K\1\x8c\1b\x94" + large + "\x94u"), true},
      {call_with(characters('B', 9000) + large + "\x86\x94"), true},
      // Two of some size in one value, and one that another is as large as.
      {call_with(characters('B', 9000) + large + "\x86\x85\x94"), false},
      {call_with(large + characters('B', 9000) + "\x86\x85\x94"), false},
      {call_with(large + large + "\x86\x94"), false},
      {call_with(characters('B', 4000) + "\x85\x94"), false},
      // Frozen by value.
      {call_with(large + "20\x85\x94"), false},
  };
  for (const auto& [message, stays] : table) {
    CAPTURE(message.substr(0, 40));
    const frozen_request copied = request_of(message);
    buffer memory;
    memory.append("head"sv);
    memory.append(message);
    const std::byte* const begin = memory.data();
    const std::size_t size = memory.capacity();
    frozen_request kept;
    REQUIRE_FALSE(freeze_request(memory.view().subspan(4), {}, kept, &memory));
    CHECK((memory.data() == nullptr) == stays);
    CHECK(runs_of(kept.args) == runs_of(copied.args));
    REQUIRE(kept.kwds.size() == copied.kwds.size());
    for (std::size_t i = 0; i != kept.kwds.size(); ++i)
      CHECK(run_of(kept.kwds[i].second) == run_of(copied.kwds[i].second));
    std::size_t inside = 0;
    std::vector<frozen> all = kept.args;
    for (const auto& [name, value] : kept.kwds)
      all.push_back(value);
    for (const frozen& f : all) {
      CHECK(f.run_and_stop().back() == std::byte{'.'});
      inside += lies_in(f.run(), begin, size) ? 1 : 0;
      if (lies_in(f.run(), begin, size)) CHECK(f.memory() >= size);
    }
    CHECK(inside == (stays ? 1 : 0));
  }
}

TEST_CASE("what stays in the memory of its message keeps to the limit", "[pickle]") {
  const std::string message = call_with(characters('B', 100000) + "\x85\x94");
  const struct {
    std::size_t max_memory;
    bool fits;
    bool stays;
  } table[] = {
      {message.size() + 200, true, true}, {message.size(), true, false}, {99000, false, false}};
  for (const auto& [max_memory, fits, stays] : table) {
    freeze_options options;
    options.max_memory = max_memory;
    buffer memory(as_bytes(message));
    frozen_request request;
    const load_error error = freeze_request(memory.view(), options, request, &memory);
    CHECK(static_cast<bool>(error) == !fits);
    CHECK((memory.data() == nullptr) == stays);
  }
}

namespace {

// One hosted object, known by a type id and an ident.
struct host {
  std::shared_ptr<int> object = std::make_shared<int>();
  std::string ident;
  std::string seen_type;
  std::string seen_address;

  freeze_options options() {
    freeze_options chosen;
    chosen.resolve = [this](const token_view& token) -> std::shared_ptr<void> {
      seen_type = token.type_id;
      if (token.address.is(kind::str)) seen_address = token.address.as_str();
      return token.ident == ident ? object : nullptr;
    };
    return chosen;
  }
};

}  // namespace

TEST_CASE("a proxy of a hosted object becomes a hole", "[pickle]") {
  host server;
  server.ident = "7fa35711b640";
  const frozen_request request = request_of(append_dict_proxy, server.options());
  REQUIRE(request.args.size() == 1);
  const frozen& proxy = request.args[0];
  CHECK(proxy.kind() == kind::proxy);
  CHECK(proxy.run().empty());
  REQUIRE(proxy.holes().size() == 1);
  CHECK(proxy.holes()[0].offset == 0);
  const proxy_reference& reference = *proxy.holes()[0].proxy;
  CHECK(reference.referent == server.object);
  CHECK(reference.type_id == "dict");
  CHECK(reference.ident == server.ident);
  CHECK(reference.proxytype == "DictProxy");
  CHECK_FALSE(reference.exposed);
  CHECK(server.seen_address == "/run/p/mgr.sock");
  CHECK(proxy.about().opaque_equality);
}

TEST_CASE("tickets are known at any depth, however they are written", "[pickle]") {
  const auto request_with = [](const std::string& value) {
    return request_of("\x80\4(N\x8c\1m" + value + "\x85}t.");
  };
  const std::string dup_fd = "\x8c\x1fmultiprocessing.resource_sharer\x8c\5"s + "DupFd\x93";
  const std::string reduction = "\x8c\x20torch.multiprocessing.reductions"s;
  const std::string text_form = "cmultiprocessing.resource_sharer\nDupFd\n";
  const std::string instance = dup_fd + ")\x81Nb";
  const std::string tickets[] = {
      instance,
      "]}K\1(" + instance + "tsa",
      reduction + "\x8c\x18rebuild_storage_filename\x93)R",
      reduction + "\x8c\x13rebuild_cuda_tensor\x93)R",
      dup_fd + "\x94h\0)\x81\x86"s,  // its class is fetched
      text_form + ")\x81",
      "ccopyreg\n_reconstructor\n(" + text_form + "cbuiltins\nobject\nNtR",
  };
  for (const std::string& value : tickets) {
    INFO(value);
    CHECK(request_with(value).holds_ticket);
    CHECK(request_of("\x80\4(N\x8c\1m)}\x8c\1k" + value + "st.").holds_ticket);
  }
  for (const std::string& value : {dup_fd, "\x8c\x1fmultiprocessing.resource_sharer"s,
                                   "\x8c\1m\x8c\5"s + "DupFd\x93)\x81", "K\1"s})
    CHECK_FALSE(request_with(value).holds_ticket);
}

TEST_CASE("what an AutoProxy exposes is kept", "[pickle]") {
  host server;
  server.ident = "7fa357124650";
  const frozen_request request = request_of(append_queue_proxy, server.options());
  REQUIRE(request.args.size() == 1);
  REQUIRE(request.args[0].holes().size() == 1);
  const proxy_reference& reference = *request.args[0].holes()[0].proxy;
  CHECK(reference.proxytype == "AutoProxy");
  CHECK(reference.type_id == "Queue");
  REQUIRE(reference.exposed);
  CHECK(reference.exposed->size() == 9);
  CHECK(reference.exposed->front() == "empty");
  CHECK(reference.exposed->back() == "task_done");
}

TEST_CASE("a proxy of somebody else's object stays plain data", "[pickle]") {
  host server;
  server.ident = "other";
  const frozen_request request = request_of(append_dict_proxy, server.options());
  REQUIRE(request.args.size() == 1);
  CHECK(request.args[0].holes().empty());
  CHECK(run_of(request.args[0]).find("/run/p/mgr.sock") != std::string::npos);
  CHECK(run_of(request.args[0]).find("7fa35711b640") != std::string::npos);
}

namespace {

std::string text(std::string_view s) {
  return "\x8c" + std::string(1, static_cast<char>(s.size())) + std::string(s);
}

// RebuildProxy(DictProxy, Token('dict', '/a', ident), 'pickle', kwds), with `before` memo entries.
std::string proxy_pickle(const std::string& ident, const std::string& kwds) {
  const std::string managers = text("multiprocessing.managers");
  return managers + text("RebuildProxy") + "\x93(" + managers + text("DictProxy") + "\x93" +
         managers + text("Token") + "\x93)\x81" + text("dict") + text("/a") + text(ident) + "\x87" +
         "b" + text("pickle") + kwds + "tR";
}

const std::string authkey_kwds = "}(" + text("authkey") + text("multiprocessing.process") +
                                 text("AuthenticationString") + "\x93" + "C\6secret\x85\x81" +
                                 text("exposed") + text("get") + "\x85u";

}  // namespace

TEST_CASE("an authkey that comes with a proxy is never kept", "[pickle]") {
  host server;
  server.ident = "1";
  const std::string ours = "\x80\4]" + proxy_pickle("1", authkey_kwds) + "a.";
  frozen f;
  REQUIRE_FALSE(freeze(as_bytes(ours), server.options(), f));
  CHECK(run_of(f) == "]a");
  REQUIRE(f.holes().size() == 1);
  CHECK(f.holes()[0].offset == 1);
  CHECK(f.holes()[0].proxy->exposed == strings{"get"});

  const std::string foreign = "\x80\4](]\x94" + proxy_pickle("2", authkey_kwds) + "h\0e."s;
  REQUIRE_FALSE(freeze(as_bytes(foreign), server.options(), f));
  CHECK(f.holes().empty());
  CHECK(run_of(f).find("secret") == std::string::npos);
  CHECK(run_of(f).find("exposed") != std::string::npos);
  const value v = thaw(f);
  REQUIRE(v->as_items().size() == 3);
  CHECK(v->as_items()[0].identity() == v->as_items()[2].identity());
  REQUIRE(v->as_items()[1].is(kind::instance));
  CHECK(v->as_items()[1].as_instance().args.as_items()[3].as_entries().size() == 1);
}

TEST_CASE("proxies keep their places when a container is split or thawed", "[pickle]") {
  host server;
  server.ident = "1";
  const std::string proxy = proxy_pickle("1", "}");
  const std::string message =
      "\x80\4](" + proxy + "]\x94" + proxy + "\x94h\0h\1N]"s + proxy + "ae.";
  frozen f;
  REQUIRE_FALSE(freeze(as_bytes(message), server.options(), f));
  CHECK(f.kind() == kind::list);
  REQUIRE(f.holes().size() == 3);

  const value v = thaw(f);
  REQUIRE(v->as_items().size() == 7);
  CHECK(v->as_items()[0].is(kind::proxy));
  CHECK(v->as_items()[0].as_proxy().ident == "1");
  CHECK(v->as_items()[2].is(kind::proxy));
  CHECK(v->as_items()[2].identity() == v->as_items()[4].identity());

  const std::vector<frozen> slots = slots_of(f);
  REQUIRE(slots.size() == 7);
  CHECK(slots[0].run().empty());
  CHECK(slots[0].holes()[0].proxy == f.holes()[0].proxy);
  CHECK(run_of(slots[1]) == "]");
  CHECK(slots[1].identity() == slots[3].identity());
  CHECK(slots[2].holes()[0].proxy == f.holes()[1].proxy);
  CHECK(slots[2].identity() == slots[4].identity());
  CHECK(slots[5].is_none());
  CHECK(run_of(slots[6]) == "]a");
  CHECK(slots[6].holes()[0].proxy == f.holes()[2].proxy);
}

TEST_CASE("a value with proxies comes to rest again", "[pickle]") {
  host server;
  server.ident = "1";
  frozen f;
  REQUIRE_FALSE(
      freeze(as_bytes("\x80\4](" + proxy_pickle("1", "}") + "K\1e."), server.options(), f));
  const frozen again = freeze(value_argument(thaw(f)));
  CHECK(run_of(again) == run_of(f));
  REQUIRE(again.holes().size() == 1);
  CHECK(again.holes()[0].offset == f.holes()[0].offset);
  CHECK(again.holes()[0].proxy->ident == "1");
  CHECK(again.holes()[0].proxy->referent == server.object);
}

TEST_CASE("names shared with a proxy reach the other arguments", "[pickle]") {
  host server;
  server.ident = "7fa35711b640";
  // append_dict_proxy with a second argument: the Token class and 'dict' by GET.
  std::string message = append_dict_proxy;
  const std::size_t args_end = message.find("\x85\x94}"s);
  message.replace(args_end, 1, "h\2h\x06\x86\x86"s);
  message.replace(3, 1, std::string(1, static_cast<char>(message.size() - 11)));
  const frozen_request request = request_of(message, server.options());
  REQUIRE(request.args.size() == 2);
  CHECK(request.args[0].holes().size() == 1);
  CHECK(request.args[1].holes().empty());
  CHECK(run_of(request.args[1]).find("multiprocessing.managers") != std::string::npos);
}

TEST_CASE("values built here come to rest", "[pickle]") {
  arena memory;
  value_builder build(memory);
  CHECK(freeze(value_view::none()).is_none());
  CHECK(freeze(value_view::integer(-1)).as_integer() == -1);
  CHECK(freeze(build.str("text")).as_str() == "text");
  const value_view inner = build.list();
  const value_view items[] = {inner, inner};
  CHECK(run_of(freeze(build.tuple(items))) == "]q\0h\0\x86"s);
  CHECK(freeze(build.bytearray(as_bytes("x"))).about().uses_protocol_5);
  CHECK(freeze(build.global("m", "n")).about().opaque_equality);
}

TEST_CASE("a thawed value keeps its block alive", "[pickle]") {
  const std::string long_text(100, 'x');
  const value v = thaw(frozen::str(long_text));
  CHECK(v->as_str() == long_text);
  CHECK(thaw(frozen::str("short")).get<std::string>() == "short");
  CHECK(thaw(frozen()).is_none());
}
