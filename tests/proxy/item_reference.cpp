// SPDX-License-Identifier: BSL-1.0

#include "pickled/proxy/item_reference.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <memory>
#include <string>

using namespace pickled;

namespace {

// A container in this process, whose copies are the same, as those of a proxy.
class shelf {
 public:
  auto operator[](const std::string& key) const {
    return item_reference<shelf, std::string>(*this, key);
  }
  template <class T>
  T get(const std::string& key) const {
    return items_->at(key).get<T>();
  }
  void set(const std::string& key, any_argument item) const { (*items_)[key] = to_value(item); }

 private:
  std::shared_ptr<std::map<std::string, value>> items_ =
      std::make_shared<std::map<std::string, value>>();
};

}  // namespace

TEST_CASE("an item is read and assigned in its container", "[proxy]") {
  const shelf s;
  s["a"] = 5;
  CHECK(s["a"].get<int>() == 5);
  auto place = s["a"];
  place = std::string("text");
  CHECK(s["a"].get<std::string>() == "text");
  const value v = place;
  CHECK(v.get<std::string>() == "text");
}

TEST_CASE("assigning one item to another copies it", "[proxy]") {
  const shelf s;
  s["a"] = 5;
  s["b"] = s["a"];
  s["a"] = 6;
  CHECK(s["b"].get<int>() == 5);
}
