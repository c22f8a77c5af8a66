#include "backends/interfaces/permission.h"

#include "engine/core/setcap_line.h"

namespace weir::backends {

std::string capture_permission_hint() {
  return "capturing needs CAP_NET_RAW; run as root, or once: " +
         setcap_line("cap_net_raw,cap_net_admin=eip");
}

}  // namespace weir::backends
