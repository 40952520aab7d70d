// The reference gives each test two seconds, which says nothing when the machine was busy with something else.
jest.retryTimes(2);
