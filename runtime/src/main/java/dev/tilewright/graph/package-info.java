/** The intermediate representation: values, operators, nodes; channels last, every shape known. */
@NullMarked
package dev.tilewright.graph;

import org.jspecify.annotations.NullMarked;
