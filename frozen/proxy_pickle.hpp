// Pickled proxies, RebuildProxy(proxytype, Token(typeid, address, ident), serializer, kwds), as
// multiprocessing.managers' BaseProxy.__reduce__ writes them.

#ifndef PICKLED_FROZEN_PROXY_PICKLE_HPP
#define PICKLED_FROZEN_PROXY_PICKLE_HPP

#include "frozen/cutter.hpp"
#include "frozen/freezer.hpp"
#include "frozen/message_map.hpp"

namespace pickled {

// Replaces the calls of RebuildProxy in a mapped message: by a hole where the token means an object
// that is hosted here; else, where there is an authkey among the keywords, by a call without it.
void replace_proxies(message_map& map, cutter& cuts, const freeze_options& options);

}  // namespace pickled

#endif  // PICKLED_FROZEN_PROXY_PICKLE_HPP
