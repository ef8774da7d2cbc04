// SPDX-License-Identifier: BSL-1.0

// The messages of `serializer='xmlrpclib'`: `<params>` of XML-RPC with one value, the same request
// or reply that is otherwise pickled. A connection's client chooses; a server understands both.
//
//   None  bool  int (32 bits)  float  str      nil  boolean  int  double  string
//   list, tuple                                array
//   dict of str, instance with a __dict__      struct
//   bytes, bytearray, xmlrpc.client.Binary     base64, which arrives as xmlrpc.client.Binary
//   xmlrpc.client.DateTime                     dateTime.iso8601
//
// Mirrors multiprocessing.connection's XmlListener, hence xmlrpc.client's Marshaller and
// Unmarshaller.

#ifndef PICKLED_CONNECTION_XML_RPC_HPP
#define PICKLED_CONNECTION_XML_RPC_HPP

#include "connection/message.hpp"
#include "pickled/frozen/splicer.hpp"
#include "pickled/value/buffer.hpp"

#include <cstddef>

namespace pickled::inline v0::detail {

// No pickle begins so.
inline bool is_xml_rpc(bytes_view message) noexcept {
  return !message.empty() && message.front() == std::byte{'<'};
}

// The pickle of the same request. Throws the python_error that xmlrpc.client.loads raises, std::
// bad_alloc where the request takes more than `max_memory` bytes, and RecursionError where it is
// nested deeper than `max_depth`. A document type is refused.
buffer pickle_of_xml_rpc(bytes_view message, std::size_t max_memory, std::size_t max_depth);

struct xml_reply {
  spliced message;
  bool told;  // false where it is the failure
};

// The reply that `pickled` is. What has no form in XML, or one of more than `max_size` bytes, is
// answered by a text of the kind `failure`. So is an exception of the referent, by a '#TRACEBACK':
// CPython's becomes an empty struct, which a client cannot raise.
xml_reply xml_rpc_of_reply(const spliced& pickled, reply_kind failure, std::size_t max_size);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_CONNECTION_XML_RPC_HPP
