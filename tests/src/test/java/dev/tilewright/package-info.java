/** Whole models, and rules about the whole. */
@NullMarked
package dev.tilewright;

import org.jspecify.annotations.NullMarked;
