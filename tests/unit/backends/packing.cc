#include "tests/unit/backends/packing.h"

#include <bzlib.h>
#include <gtest/gtest.h>
#include <lz4frame.h>
#include <lzma.h>
#include <zstd.h>

#include "tests/unit/backends/reading.h"

namespace weir::testing {
namespace {

std::vector<uint8_t> lz4(std::span<const uint8_t> content) {
  LZ4F_preferences_t preferences{};
  preferences.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled;
  std::vector<uint8_t> packed(LZ4F_compressFrameBound(content.size(), &preferences));
  const size_t made = LZ4F_compressFrame(packed.data(), packed.size(), content.data(),
                                         content.size(), &preferences);
  EXPECT_FALSE(LZ4F_isError(made));
  packed.resize(made);
  return packed;
}

std::vector<uint8_t> bzip2(std::span<const uint8_t> content) {
  std::vector<uint8_t> packed(content.size() + content.size() / 50 + 1000);
  auto made = static_cast<unsigned>(packed.size());
  auto* from = reinterpret_cast<char*>(const_cast<uint8_t*>(content.data()));
  char nothing = 0;
  EXPECT_EQ(BZ2_bzBuffToBuffCompress(reinterpret_cast<char*>(packed.data()), &made,
                                     from != nullptr ? from : &nothing,
                                     static_cast<unsigned>(content.size()), 9, 0, 0),
            BZ_OK);
  packed.resize(made);
  return packed;
}

}  // namespace

std::vector<uint8_t> zstd_with_window(std::span<const uint8_t> content, int log) {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  // With the size in the frame, a small frame would get a small window.
  ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
  if (log != 0) ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, log);
  std::vector<uint8_t> packed(ZSTD_compressBound(content.size()) + 64);
  ZSTD_inBuffer in{content.data(), content.size(), 0};
  ZSTD_outBuffer out{packed.data(), packed.size(), 0};
  // Two calls: in one, the library takes the size for known.
  ZSTD_compressStream2(context, &out, &in, ZSTD_e_flush);
  EXPECT_EQ(ZSTD_compressStream2(context, &out, &in, ZSTD_e_end), 0U);
  packed.resize(out.pos);
  ZSTD_freeCCtx(context);
  return packed;
}

std::vector<uint8_t> xz_with_window(std::span<const uint8_t> content, int log) {
  lzma_options_lzma options{};
  lzma_lzma_preset(&options, 0);
  if (log != 0) options.dict_size = 1U << log;
  lzma_filter filters[] = {{LZMA_FILTER_LZMA2, &options}, {LZMA_VLI_UNKNOWN, nullptr}};
  std::vector<uint8_t> packed(lzma_stream_buffer_bound(content.size()));
  size_t made = 0;
  EXPECT_EQ(lzma_stream_buffer_encode(filters, LZMA_CHECK_CRC64, nullptr, content.data(),
                                      content.size(), packed.data(), &made, packed.size()),
            LZMA_OK);
  packed.resize(made);
  return packed;
}

std::vector<uint8_t> pack(Packing packing, std::span<const uint8_t> content) {
  switch (packing) {
    case Packing::gzip: return gzip(content);
    case Packing::zstd: return zstd_with_window(content, 0);
    case Packing::lz4: return lz4(content);
    case Packing::bzip2: return bzip2(content);
    case Packing::xz: return xz_with_window(content, 0);
  }
  return {};
}

}  // namespace weir::testing
