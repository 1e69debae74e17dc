/** Whole networks, one class for each family. */
@NullMarked
package dev.tilewright.zoo.network;

import org.jspecify.annotations.NullMarked;
