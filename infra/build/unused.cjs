// Stands for a module that is loaded, and of which nothing is ever used.
module.exports = {};
