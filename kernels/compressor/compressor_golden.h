// The scalar oracles of the decode compressors, by contract; see args.h for the operands. Steps and
// roundings are kernels.md §4 and C.1, §5 and §3, in the order given there.
#pragma once

#include "kernels/compressor/args.h"

namespace kernels::compressor {

/// V2 and V3. Defined for every shape and generation that is registered.
template <typename Shape, typename Generation>
void SlottedGolden(const SlottedArgs<Shape, Generation>& args);

/// V1. Defined for every shape.
template <typename Shape>
void TabledGolden(const TabledArgs<Shape>& args);

/// V0. Defined for Ratio4 and Indexer.
template <typename Shape>
void ContiguousGolden(const ContiguousArgs<Shape>& args);

void Ratio128V0Golden(const Ratio128V0Args& args);

}  // namespace kernels::compressor
