#include "backends/af_packet/fanout_program.h"

#include <linux/if_packet.h>

#include <array>

#include "backends/af_packet/bpf_assembler.h"

namespace weir::backends {
namespace {

// Of the parser (parsers/walk.h), which a backend must not include.
constexpr uint32_t kMostTags = 24;
constexpr uint32_t kMostLabels = 16;
/// Of a frame's tags with an LLC/SNAP header behind each, one such before them, and of IP.
constexpr uint32_t kMostTypes = 2 * kMostTags + 2;
/// Inside of tunnels, where nothing is promised.
constexpr uint32_t kInnerTypes = 3;
constexpr uint32_t kInnerLabels = 4;
constexpr uint32_t kTunnels = 3;
constexpr uint32_t kExtensions = 4;

// Scratch memory.
constexpr uint32_t kCarrier = 0;         // where the last IP header begins
constexpr uint32_t kCarrierVersion = 1;  // 4 or 6
constexpr uint32_t kProtocol = 2;
constexpr uint32_t kSaved = 3;
constexpr uint32_t kFlags = 4;
constexpr uint32_t kWords = 6;  // 8 of them: the addresses

constexpr uint32_t kEthernetBytes = 14;

// BPF_W is 0, and so is BPF_LD.
constexpr uint16_t kLoadXValue = BPF_LDX | BPF_IMM;
constexpr uint16_t kLoadWordAt = BPF_LD | BPF_ABS;

/// Writes the program. X holds where the header begins that comes next.
class Writer {
 public:
  explicit Writer(bool decap) : decap_(decap) {
    for (Level& level : levels_) {
      for (Label* label : {&level.type, &level.any_ip, &level.ip4, &level.ip6, &level.mpls,
                           &level.ppp, &level.not_ip, &level.upper, &level.ethernet}) {
        *label = a_.label();
      }
    }
  }

  std::vector<BpfInstruction> write(LinkType link_type) {
    if (link_type == LinkType::en10mb) {
      start_of_frame();
    } else {
      a_.emit(kLoadXValue, 0);
      a_.jump(levels_[0].any_ip);
    }
    const uint32_t depth = decap_ ? kTunnels : 0;
    for (uint32_t level = 0; level <= depth; ++level) {
      link_headers(level);
      if (level < depth) {
        ip_headers(level);
        tunnels(level);
      }
    }
    hash(depth);
    return a_.finish();
  }

 private:
  using Label = BpfAssembler::Label;

  /// Entries of what is inside `n` tunnels.
  struct Level {
    Label type;  ///< A: EtherType or length, X: what it announces
    Label any_ip, ip4, ip6, mpls, ppp, not_ip;
    Label upper;     ///< memory: protocol, X: its header
    Label ethernet;  ///< X: an Ethernet header
  };

  void load(uint16_t size, uint32_t offset) { a_.emit(BPF_LD | size | BPF_IND, offset); }
  void store(uint32_t word) { a_.emit(BPF_ST, word); }
  void recall(uint32_t word) { a_.emit(BPF_LD | BPF_MEM, word); }
  void alu(uint16_t operation, uint32_t k) { a_.emit(BPF_ALU | operation | BPF_K, k); }
  void add_x_to_a() { a_.emit(BPF_ALU | BPF_ADD | BPF_X); }
  void a_to_x() { a_.emit(BPF_MISC | BPF_TAX); }
  void skip(uint32_t bytes) {
    a_.emit(BPF_MISC | BPF_TXA);
    alu(BPF_ADD, bytes);
    a_to_x();
  }

  /// The kernel's packet begins behind the Ethernet header when it arrives, and with it when it
  /// leaves.
  void start_of_frame() {
    const Label leaves = a_.label();
    a_.emit(kLoadWordAt, static_cast<uint32_t>(SKF_AD_OFF + SKF_AD_PKTTYPE));
    a_.jump_if(BPF_JEQ, PACKET_OUTGOING, leaves);
    a_.emit(kLoadWordAt, static_cast<uint32_t>(SKF_AD_OFF + SKF_AD_PROTOCOL));
    a_.emit(kLoadXValue, 0);
    a_.jump(levels_[0].type);
    a_.bind(leaves);
    a_.emit(BPF_LD | BPF_H | BPF_ABS, kEthernetBytes - 2);
    a_.emit(kLoadXValue, kEthernetBytes);
  }

  /// From an EtherType to an IP header.
  void link_headers(uint32_t n) {
    const Level& level = levels_[n];
    if (n != 0) {
      a_.bind(level.ethernet);
      load(BPF_H, kEthernetBytes - 2);
      store(kSaved);
      skip(kEthernetBytes);
      recall(kSaved);
    }
    a_.bind(level.type);
    const uint32_t types = n == 0 ? kMostTypes : kInnerTypes;
    for (uint32_t i = 0; i < types; ++i) ether_type(level);
    a_.jump(level.not_ip);
    ppp(level);
    mpls(level, n == 0 ? kMostLabels : kInnerLabels);
    a_.bind(level.any_ip);
    load(BPF_B, 0);
    alu(BPF_RSH, 4);
    a_.jump_if(BPF_JEQ, 4, level.ip4);
    a_.jump_if(BPF_JEQ, 6, level.ip6);
    a_.bind(level.not_ip);
    if (n == 0) {
      a_.emit(BPF_RET | BPF_K, 0);
    } else {
      a_.jump(carrier_);
    }
  }

  /// Goes away if it is the last EtherType, and goes on behind a tag or SNAP header with the next
  /// one in A.
  void ether_type(const Level& level) {
    const Label tag = a_.label();
    const Label llc = a_.label();
    const Label next = a_.label();
    a_.jump_if(BPF_JEQ, 0x0800, level.ip4);
    a_.jump_if(BPF_JEQ, 0x86dd, level.ip6);
    for (const uint32_t tpid : {0x8100, 0x88a8, 0x9100}) a_.jump_if(BPF_JEQ, tpid, tag);
    for (const uint32_t type : {0x8847, 0x8848}) a_.jump_if(BPF_JEQ, type, level.mpls);
    a_.jump_if(BPF_JEQ, 0x8864, level.ppp);
    a_.jump_unless(BPF_JGE, 0x0600, llc);
    a_.jump(level.not_ip);
    a_.bind(llc);
    load(BPF_W, 0);
    alu(BPF_AND, 0xffffff00);
    a_.jump_unless(BPF_JEQ, 0xaaaa0300, level.not_ip);
    load(BPF_H, 6);
    store(kSaved);
    skip(8);
    a_.jump(next);
    a_.bind(tag);
    load(BPF_H, 2);
    store(kSaved);
    skip(4);
    a_.bind(next);
    recall(kSaved);
  }

  /// A PPPoE header and the protocol field behind it, which has one byte or two.
  void ppp(const Level& level) {
    const Label one_byte = a_.label();
    a_.bind(level.ppp);
    load(BPF_B, 6);
    a_.jump_if(BPF_JSET, 1, one_byte);
    load(BPF_H, 6);
    store(kSaved);
    skip(8);
    recall(kSaved);
    ppp_protocol(level);
    a_.bind(one_byte);
    store(kSaved);
    skip(7);
    recall(kSaved);
    ppp_protocol(level);
  }

  void ppp_protocol(const Level& level) {
    a_.jump_if(BPF_JEQ, 0x0021, level.ip4);
    a_.jump_if(BPF_JEQ, 0x0057, level.ip6);
    for (const uint32_t protocol : {0x0281, 0x0283}) a_.jump_if(BPF_JEQ, protocol, level.mpls);
    a_.jump(level.not_ip);
  }

  void mpls(const Level& level, uint32_t labels) {
    const Label bottom = a_.label();
    a_.bind(level.mpls);
    for (uint32_t i = 0; i < labels; ++i) {
      load(BPF_B, 2);
      a_.jump_if(BPF_JSET, 1, bottom);
      skip(4);
    }
    a_.jump(level.not_ip);
    a_.bind(bottom);
    skip(4);
  }

  /// From an IP header to what it carries. A fragment is not looked into.
  void ip_headers(uint32_t n) {
    const Level& level = levels_[n];
    a_.bind(level.ip4);
    remember_carrier(4);
    load(BPF_H, 6);
    a_.jump_if(BPF_JSET, 0x3fff, carrier_);
    load(BPF_B, 9);
    store(kProtocol);
    load(BPF_B, 0);
    alu(BPF_AND, 0x0f);
    alu(BPF_LSH, 2);
    add_x_to_a();
    a_to_x();
    a_.jump(level.upper);

    a_.bind(level.ip6);
    remember_carrier(6);
    load(BPF_B, 6);
    store(kProtocol);
    skip(40);
    for (uint32_t i = 0; i < kExtensions; ++i) ip6_extension(level);
    a_.bind(level.upper);
  }

  void remember_carrier(uint32_t version) {
    a_.emit(BPF_STX, kCarrier);
    a_.emit(BPF_LD | BPF_IMM, version);
    store(kCarrierVersion);
  }

  void ip6_extension(const Level& level) {
    const Label authentication = a_.label();
    const Label extension = a_.label();
    const Label next = a_.label();
    recall(kProtocol);
    a_.jump_if(BPF_JEQ, 44, carrier_);
    a_.jump_if(BPF_JEQ, 51, authentication);
    for (const uint32_t protocol : {0, 43, 60, 135, 139, 140}) {
      a_.jump_if(BPF_JEQ, protocol, extension);
    }
    a_.jump(level.upper);
    a_.bind(authentication);
    load(BPF_B, 1);
    alu(BPF_ADD, 2);
    alu(BPF_LSH, 2);
    store(kSaved);
    a_.jump(next);
    a_.bind(extension);
    load(BPF_B, 1);
    alu(BPF_ADD, 1);
    alu(BPF_LSH, 3);
    store(kSaved);
    a_.bind(next);
    load(BPF_B, 0);
    store(kProtocol);
    recall(kSaved);
    add_x_to_a();
    a_to_x();
  }

  /// From what an IP header carries to the next header inside.
  void tunnels(uint32_t n) {
    const Level& inner = levels_[n + 1];
    const Label udp = a_.label();
    const Label vxlan = a_.label();
    const Label geneve = a_.label();
    const Label gtpu = a_.label();
    recall(kProtocol);
    a_.jump_if(BPF_JEQ, 17, udp);
    a_.jump_if(BPF_JEQ, 4, inner.ip4);
    a_.jump_if(BPF_JEQ, 41, inner.ip6);
    a_.jump_unless(BPF_JEQ, 47, carrier_);
    gre(inner);
    a_.bind(udp);
    load(BPF_H, 2);
    store(kSaved);
    skip(8);
    recall(kSaved);
    for (const uint32_t port : {4789, 8472, 4790}) a_.jump_if(BPF_JEQ, port, vxlan);
    a_.jump_if(BPF_JEQ, 6081, geneve);
    a_.jump_unless(BPF_JEQ, 2152, carrier_);
    a_.jump(gtpu);
    a_.bind(vxlan);
    read_vxlan(inner);
    a_.bind(geneve);
    read_geneve(inner);
    a_.bind(gtpu);
    read_gtpu(inner);
  }

  void gre(const Level& inner) {
    load(BPF_H, 0);
    a_.jump_if(BPF_JSET, 0x4006, carrier_);
    store(kFlags);
    load(BPF_H, 2);
    store(kSaved);
    skip(4);
    for (const uint32_t field : {0x8000, 0x2000, 0x1000, 0x0080}) {
      const Label absent = a_.label();
      recall(kFlags);
      a_.jump_unless(BPF_JSET, field, absent);
      skip(4);
      a_.bind(absent);
    }
    const Label erspan_two = a_.label();
    const Label erspan_three = a_.label();
    recall(kSaved);
    a_.jump_if(BPF_JEQ, 0x6558, inner.ethernet);
    a_.jump_if(BPF_JEQ, 0x88be, erspan_two);
    a_.jump_if(BPF_JEQ, 0x22eb, erspan_three);
    a_.jump(inner.type);
    a_.bind(erspan_two);  // type I has no sequence number and no header of its own
    recall(kFlags);
    a_.jump_unless(BPF_JSET, 0x1000, inner.ethernet);
    skip(8);
    a_.jump(inner.ethernet);
    a_.bind(erspan_three);
    const Label plain = a_.label();
    load(BPF_B, 11);
    store(kSaved);
    skip(12);
    recall(kSaved);
    a_.jump_unless(BPF_JSET, 1, plain);
    skip(8);
    a_.bind(plain);
    a_.jump(inner.ethernet);
  }

  /// Also GPE, whose next protocol is Ethernet unless a flag says that another one is named.
  void read_vxlan(const Level& inner) {
    const Label named = a_.label();
    load(BPF_B, 0);
    a_.jump_unless(BPF_JSET, 0x08, carrier_);
    a_.jump_if(BPF_JSET, 0x04, named);
    skip(8);
    a_.jump(inner.ethernet);
    a_.bind(named);
    load(BPF_B, 3);
    store(kSaved);
    skip(8);
    recall(kSaved);
    a_.jump_if(BPF_JEQ, 1, inner.ip4);
    a_.jump_if(BPF_JEQ, 2, inner.ip6);
    a_.jump(inner.ethernet);
  }

  void read_geneve(const Level& inner) {
    load(BPF_H, 2);
    store(kSaved);
    load(BPF_B, 0);
    alu(BPF_AND, 0x3f);
    alu(BPF_LSH, 2);
    alu(BPF_ADD, 8);
    add_x_to_a();
    a_to_x();
    recall(kSaved);
    a_.jump_if(BPF_JEQ, 0x6558, inner.ethernet);
    a_.jump(inner.type);
  }

  void read_gtpu(const Level& inner) {
    load(BPF_B, 1);
    a_.jump_unless(BPF_JEQ, 255, carrier_);
    load(BPF_B, 0);
    store(kFlags);
    skip(8);
    recall(kFlags);
    a_.jump_unless(BPF_JSET, 0x07, inner.any_ip);
    load(BPF_B, 3);
    store(kSaved);  // the next extension's type, 0: none
    skip(4);
    recall(kFlags);
    a_.jump_unless(BPF_JSET, 0x04, inner.any_ip);
    for (uint32_t i = 0; i < kExtensions; ++i) {
      recall(kSaved);
      a_.jump_if(BPF_JEQ, 0, inner.any_ip);
      load(BPF_B, 0);
      alu(BPF_LSH, 2);
      add_x_to_a();
      a_to_x();
      // The last byte of the extension that was skipped.
      load(BPF_B, UINT32_MAX);
      store(kSaved);
    }
    a_.jump(inner.any_ip);
  }

  /// `depth`: how many tunnels were entered at most.
  void hash(uint32_t depth) {
    const Level& last = levels_[depth];
    const Label mix = a_.label();
    if (decap_) {
      a_.bind(carrier_);
      a_.emit(BPF_LDX | BPF_W | BPF_MEM, kCarrier);
      recall(kCarrierVersion);
      a_.jump_if(BPF_JEQ, 6, last.ip6);
    }
    a_.bind(last.ip4);
    load(BPF_W, 12);
    store(kWords);
    load(BPF_W, 16);
    store(kWords + 4);
    a_.jump(mix);
    a_.bind(last.ip6);
    for (uint32_t i = 0; i < 8; ++i) {
      load(BPF_W, 8 + 4 * i);
      store(kWords + i);
    }
    fold_address(kWords);
    fold_address(kWords + 4);
    a_.bind(mix);
    mix_addresses();
  }

  /// Four words to the first one.
  void fold_address(uint32_t words) {
    recall(words);
    for (uint32_t i = 1; i < 4; ++i) {
      alu(BPF_MUL, 0x9e3779b1);
      a_.emit(BPF_LDX | BPF_W | BPF_MEM, words + i);
      add_x_to_a();
    }
    store(words);
  }

  /// Sum and difference of bits are the same for both orders. Then every bit of them has to move
  /// the lowest bits of the result, which decide for two sockets.
  void mix_addresses() {
    recall(kWords);
    a_.emit(BPF_LDX | BPF_W | BPF_MEM, kWords + 4);
    a_.emit(BPF_ALU | BPF_XOR | BPF_X);
    alu(BPF_MUL, 0x85ebca6b);
    store(kSaved);
    recall(kWords);
    add_x_to_a();
    alu(BPF_MUL, 0x9e3779b1);
    a_.emit(BPF_LDX | BPF_W | BPF_MEM, kSaved);
    a_.emit(BPF_ALU | BPF_XOR | BPF_X);
    for (const uint32_t factor : {0x7feb352dU, 0x846ca68bU, 1U}) {
      a_to_x();
      alu(BPF_RSH, 16);
      a_.emit(BPF_ALU | BPF_XOR | BPF_X);
      if (factor != 1) alu(BPF_MUL, factor);
    }
    a_.emit(BPF_RET | BPF_A);
  }

  const bool decap_;
  BpfAssembler a_;
  std::array<Level, kTunnels + 1> levels_{};
  const Label carrier_ = a_.label();
};

}  // namespace

std::vector<BpfInstruction> make_fanout_program(LinkType link_type, bool decap) {
  return Writer(decap).write(link_type);
}

}  // namespace weir::backends
