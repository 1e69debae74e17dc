/** Shapes, element types and views of memory; no arithmetic. */
@NullMarked
package dev.tilewright.tensor;

import org.jspecify.annotations.NullMarked;
