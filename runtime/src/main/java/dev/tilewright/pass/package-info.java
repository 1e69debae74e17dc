/** Rewrites of a graph that keep its outputs; one file a rewrite. */
@NullMarked
package dev.tilewright.pass;

import org.jspecify.annotations.NullMarked;
