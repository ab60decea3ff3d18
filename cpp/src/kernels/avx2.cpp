// AVX2 with FMA: 16 registers of 32 bytes.
#define LSO_ISA avx2
#define LSO_VECTOR_BYTES 32
#define LSO_TILE_ROWS 6
#define LSO_TILE_VECTORS 2
#define LSO_STRIPE_VECTORS 13
#include "kernels/table.inl"
