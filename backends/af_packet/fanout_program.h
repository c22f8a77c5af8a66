#pragma once

#include <vector>

#include "backends/bpf/bpf_machine.h"
#include "engine/core/packet.h"

namespace weir::backends {

/// The program for PACKET_FANOUT_CBPF that sends both directions of every flow to one socket: it
/// returns a hash of the two IP addresses that is the same when they are swapped, and the kernel
/// takes it modulo the number of sockets. A packet without IP gives 0.
///
/// Only addresses, without protocol and ports: a later fragment has neither, so with them in the
/// hash the fragments of one datagram part, and with them in the hash of whole packets only, a flow
/// of which some packets are fragmented does. docs/backends.md has the price.
///
/// It finds the addresses of every packet in which weir's parser finds some: any stack of VLAN tags
/// and LLC/SNAP headers up to the parser's limit, MPLS, PPPoE. So the promise is exact. With
/// `decap` it goes on to the addresses inside of IPIP, 6in4, GRE, ERSPAN, VXLAN, GENEVE and GTP-U,
/// three tunnels deep; the parser goes deeper and decides some damaged headers otherwise, so that
/// is for an even spread and no promise.
///
/// Classic BPF, because loading eBPF takes CAP_BPF. It reads by distance from where the kernel's
/// packet begins, which is behind the link header of a packet that arrives and before that of one
/// that leaves: loads relative to the link header would end where the packet's first piece of
/// memory does.
std::vector<BpfInstruction> make_fanout_program(LinkType link_type, bool decap);

}  // namespace weir::backends
