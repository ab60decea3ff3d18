// SSE2 on x86-64, NEON on arm64: what every such processor has.
#define LSO_ISA baseline
#define LSO_VECTOR_BYTES 16
#define LSO_TILE_VECTORS 2
#include "kernels/gemm.inl"
