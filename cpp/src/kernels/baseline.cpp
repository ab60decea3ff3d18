// Vectors of 16 bytes, which every processor has, and no fused multiply-add: the same arithmetic on x86-64 and arm64.
#define LSO_ISA baseline
#define LSO_VECTOR_BYTES 16
#define LSO_TILE_ROWS 6
#define LSO_TILE_VECTORS 2
#define LSO_STRIPE_VECTORS 13
#include "kernels/table.inl"
