/** Families of kernels, found with ServiceLoader. */
@NullMarked
package dev.tilewright.backend;

import org.jspecify.annotations.NullMarked;
