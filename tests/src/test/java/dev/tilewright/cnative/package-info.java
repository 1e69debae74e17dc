/** Tests of the C kernels and of the way they are loaded. */
@NullMarked
package dev.tilewright.cnative;

import org.jspecify.annotations.NullMarked;
